using System.Buffers.Binary;
using System.Net;
using System.Text;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

/// <summary>Writes a response, right or wrong.</summary>
internal sealed class FakeReply
{
    private readonly List<byte> records = [];
    private readonly byte[] question;
    private readonly int id;
    private int answers;
    private int authorities;
    private int additional;

    public FakeReply(FakeQuery query)
        : this(query.Id, query.Question)
    {
    }

    public FakeReply(int id, byte[] question)
    {
        this.id = id;
        this.question = question;
    }

    public int Flags { get; set; } = 0x8180;
    public int Questions { get; set; } = 1;

    public static byte[] Name(string name)
    {
        var octets = new List<byte>();
        foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            octets.Add((byte)label.Length);
            octets.AddRange(Encoding.Latin1.GetBytes(label));
        }
        return [.. octets, 0];
    }

    public static byte[] Number(int number) => [(byte)(number >> 8), (byte)number];

    public static byte[] Long(uint number)
    {
        byte[] octets = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, number);
        return octets;
    }

    public FakeReply Code(DnsCode code)
    {
        Flags = Flags & ~0xF | (int)code & 0xF;
        return this;
    }

    public FakeReply Truncated()
    {
        Flags |= 0x200;
        return this;
    }

    public FakeReply Answer(byte[] owner, DnsType type, uint ttl, byte[] data, int network = 1)
    {
        answers++;
        records.AddRange([.. owner, .. Number((int)type), .. Number(network), .. Long(ttl), .. Number(data.Length), .. data]);
        return this;
    }

    public FakeReply Address(string owner, string address, uint ttl = 300)
    {
        byte[] octets = IPAddress.Parse(address).GetAddressBytes();
        return Answer(Name(owner), octets.Length == 4 ? DnsType.A : DnsType.AAAA, ttl, octets);
    }

    public FakeReply Alias(string owner, string target, uint ttl = 300) => Answer(Name(owner), DnsType.CNAME, ttl, Name(target));

    /// <param name="owner">The service.</param>
    /// <param name="text">As in a zone file: priority, weight, port, target.</param>
    /// <param name="ttl">In seconds.</param>
    public FakeReply Service(string owner, string text, uint ttl = 300)
    {
        string[] words = text.Split(' ');
        return Answer(Name(owner), DnsType.SRV, ttl, [.. words[..3].SelectMany(static word => Number(int.Parse(word, System.Globalization.CultureInfo.InvariantCulture))), .. Name(words[3])]);
    }

    public FakeReply Authority(string zone, uint ttl, uint minimum)
    {
        Answer(Name(zone), DnsType.SOA, ttl, [.. Name("ns." + zone), .. Name("admin." + zone), .. Long(1), .. Long(2), .. Long(3), .. Long(4), .. Long(minimum)]);
        answers--;
        authorities++;
        return this;
    }

    public FakeReply Referral(string zone)
    {
        Answer(Name(zone), DnsType.NS, 300, Name("ns." + zone));
        answers--;
        authorities++;
        return this;
    }

    public FakeReply Extension(uint upperCode = 0)
    {
        Answer([0], DnsType.OPT, upperCode << 24, [], 1232);
        answers--;
        additional++;
        return this;
    }

    public byte[] ToArray() => [.. Number(id), .. Number(Flags), .. Number(Questions), .. Number(answers), .. Number(authorities), .. Number(additional), .. question, .. records];
}
