using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>
/// A question as it goes out: with a random number and the letters of the name in random case, which the answer has to repeat, so that who does not
/// see the question cannot answer it (RFC 5452 §9, draft-vixie-dnsext-dns0x20-00).
/// </summary>
internal sealed class DnsQuery
{
    /// <summary>The largest answer asked for over UDP: it fits one packet on any path (DNS Flag Day 2020; RFC 6891 §6.2.5).</summary>
    public const int UdpOctets = 1232;

    private const int RecursionDesired = 0x0100;
    private const int CaseBit = 0x20;

    private readonly byte[] octets;
    private readonly int questionEnd;

    /// <param name="question">What to ask; its name is one of a host.</param>
    /// <param name="withExtensions">With EDNS (RFC 6891); a few old servers do not understand it.</param>
    public DnsQuery(DnsQuestion question, bool withExtensions)
    {
        if (!question.Name.IsHost) throw new ArgumentException("Not a name that can be asked for.", nameof(question));
        string name = question.Name.Text;
        questionEnd = DnsMessage.HeaderOctets + name.Length + 2 + 4;
        octets = new byte[questionEnd + (withExtensions ? 11 : 0)];
        RandomNumberGenerator.Fill(octets.AsSpan(0, 2));
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(2), RecursionDesired);
        octets[5] = 1;
        WriteName(name, octets.AsSpan(DnsMessage.HeaderOctets));
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(questionEnd - 4), (ushort)question.Type);
        octets[questionEnd - 1] = 1;
        if (!withExtensions) return;
        octets[11] = 1;
        // The root, OPT, and where other records have their class the size.
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(questionEnd + 1), (ushort)DnsType.OPT);
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(questionEnd + 3), UdpOctets);
    }

    /// <summary>The message.</summary>
    public ReadOnlyMemory<byte> Octets => octets;

    /// <summary>Whether a response is the answer to this.</summary>
    public DnsEcho Compare(ReadOnlySpan<byte> response)
    {
        if (response.Length < DnsMessage.HeaderOctets || !response[..2].SequenceEqual(octets.AsSpan(0, 2)) || (response[2] & 0x80) == 0) return DnsEcho.Foreign;
        int questions = BinaryPrimitives.ReadUInt16BigEndian(response[4..]);
        // Some servers repeat nothing when they refuse.
        if (questions == 0) return response.Length == DnsMessage.HeaderOctets && (response[3] & 0xF) != 0 ? DnsEcho.Doubtful : DnsEcho.Foreign;
        if (questions != 1 || response.Length < questionEnd) return DnsEcho.Foreign;
        ReadOnlySpan<byte> asked = octets.AsSpan(DnsMessage.HeaderOctets..questionEnd);
        ReadOnlySpan<byte> repeated = response[DnsMessage.HeaderOctets..questionEnd];
        if (asked.SequenceEqual(repeated)) return DnsEcho.Same;
        for (int i = 0; i < asked.Length; i++)
            if (asked[i] != repeated[i] && !(char.IsAsciiLetter((char)asked[i]) && (asked[i] ^ repeated[i]) == CaseBit)) return DnsEcho.Foreign;
        return DnsEcho.Doubtful;
    }

    private static void WriteName(string name, Span<byte> into)
    {
        Span<byte> cases = stackalloc byte[DnsName.MaxOctets];
        RandomNumberGenerator.Fill(cases);
        int length = 0;
        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] == '.')
            {
                into[i - length] = (byte)length;
                length = 0;
                continue;
            }
            length++;
            into[i + 1] = (byte)(char.IsAsciiLetter(name[i]) && (cases[i] & 1) == 0 ? name[i] ^ CaseBit : name[i]);
        }
        into[name.Length - length] = (byte)length;
        into[name.Length + 1] = 0;
    }
}
