using System.Buffers.Binary;
using System.Net;
using System.Text;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

/// <summary>A query as a nameserver sees it.</summary>
internal sealed record FakeQuery(byte[] Octets, IPEndPoint From, bool IsTcp)
{
    private int QuestionEnd => 12 + RawName.Length + 2 + 4;

    public int Id => BinaryPrimitives.ReadUInt16BigEndian(Octets);

    /// <summary>In the case it was asked in.</summary>
    public string RawName
    {
        get
        {
            var name = new StringBuilder();
            for (int at = 12; Octets[at] != 0; at += 1 + Octets[at])
                name.Append(name.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(Octets, at + 1, Octets[at]));
            return name.ToString();
        }
    }

    public string Name => RawName.ToLowerInvariant();

    public DnsType Type => (DnsType)BinaryPrimitives.ReadUInt16BigEndian(Octets.AsSpan(QuestionEnd - 4));

    public bool HasExtensions => Octets[11] == 1;

    public byte[] Question => Octets[12..QuestionEnd];

    public override string ToString() => $"{Type} {Name}";
}
