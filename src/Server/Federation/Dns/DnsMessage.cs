using System.Net;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>What a nameserver answered, as far as it matters here (RFC 1035 §4.1).</summary>
internal sealed record DnsMessage
{
    public const int HeaderOctets = 12;

    /// <summary>No answer to what is asked here needs more records; it bounds what a message may cost.</summary>
    private const int MaxRecords = 1000;

    private const ushort ResponseBit = 0x8000;
    private const ushort OpcodeBits = 0x7800;
    private const ushort AuthoritativeBit = 0x0400;
    private const ushort TruncatedBit = 0x0200;
    private const ushort Internet = 1;

    private DnsMessage()
    {
    }

    /// <summary>What it says as a whole.</summary>
    public DnsCode Code { get; private init; }

    /// <summary>It did not fit; what is here is not the answer, and is not read (RFC 2181 §9).</summary>
    public bool IsTruncated { get; private init; }

    /// <summary>The answer section: addresses, aliases and services; of other types nothing is kept.</summary>
    public IReadOnlyList<DnsRecord> Answers { get; private init; } = [];

    /// <summary>The zone's SOA, when the answer is a "no" that may be kept (RFC 2308).</summary>
    public AuthorityRecord? Authority { get; private init; }

    /// <summary>It answers nothing, but says who may know: the server is none that looks further (RFC 2308 §2.1).</summary>
    public bool IsReferral { get; private init; }

    /// <summary>Decodes a response. Whether it answers the question that was asked is the business of <see cref="DnsQuery"/>.</summary>
    /// <exception cref="DnsFormatException">It is none; nothing else is thrown.</exception>
    public static DnsMessage Parse(ReadOnlySpan<byte> octets)
    {
        var reader = new DnsReader(octets);
        reader.ReadUInt16();
        ushort flags = reader.ReadUInt16();
        if ((flags & ResponseBit) == 0 || (flags & OpcodeBits) != 0) throw new DnsFormatException("it is no answer to a query");
        int questions = reader.ReadUInt16();
        int answers = reader.ReadUInt16();
        int authorities = reader.ReadUInt16();
        int additional = reader.ReadUInt16();
        if ((flags & TruncatedBit) != 0) return new DnsMessage { Code = (DnsCode)(flags & 0xF), IsTruncated = true };
        if (questions > 1 || answers + authorities + additional > MaxRecords) throw new DnsFormatException("it has too many records");

        for (int i = 0; i < questions; i++)
        {
            reader.ReadName();
            reader.ReadUInt32();
        }
        var kept = new List<DnsRecord>();
        for (int i = 0; i < answers; i++)
            if (ReadRecord(ref reader, out _, out _) is { } record and not AuthorityRecord) kept.Add(record);
        AuthorityRecord? authority = null;
        bool refers = false;
        for (int i = 0; i < authorities; i++)
        {
            if (ReadRecord(ref reader, out DnsType type, out _) is AuthorityRecord record) authority ??= record;
            refers |= type == DnsType.NS;
        }
        int code = flags & 0xF;
        for (int i = 0; i < additional; i++)
        {
            ReadRecord(ref reader, out DnsType type, out uint extension);
            // RFC 6891 §6.1.3: the upper eight bits of twelve.
            if (type == DnsType.OPT) code |= (int)(extension >> 24) << 4;
        }
        if (!reader.IsAtEnd) throw new DnsFormatException("there is something behind its end");
        return new DnsMessage
        {
            Code = (DnsCode)code,
            Answers = kept,
            Authority = authority,
            IsReferral = code == 0 && answers == 0 && authority is null && refers && (flags & AuthoritativeBit) == 0,
        };
    }

    /// <param name="reader">Where the record begins; afterwards behind it.</param>
    /// <param name="type">Its type.</param>
    /// <param name="lifetime">The TTL as it is: an OPT record has other things there.</param>
    /// <returns>Null for a record of a type or class nobody here asks for.</returns>
    private static DnsRecord? ReadRecord(ref DnsReader reader, out DnsType type, out uint lifetime)
    {
        DnsName owner = reader.ReadName();
        type = (DnsType)reader.ReadUInt16();
        ushort network = reader.ReadUInt16();
        lifetime = reader.ReadUInt32();
        int size = reader.ReadUInt16();
        int end = reader.Position + size;
        // RFC 2181 §8: with the first bit set it is zero.
        int seconds = lifetime <= int.MaxValue ? (int)lifetime : 0;
        DnsRecord? record = network != Internet ? null : type switch
        {
            DnsType.A when size == 4 => new AddressRecord(owner, seconds, new IPAddress(reader.Read(4))),
            DnsType.AAAA when size == 16 => new AddressRecord(owner, seconds, new IPAddress(reader.Read(16))),
            DnsType.A or DnsType.AAAA => throw new DnsFormatException("an address has the wrong length"),
            DnsType.CNAME => new AliasRecord(owner, seconds, reader.ReadName()),
            DnsType.SRV => new ServiceRecord(owner, seconds, reader.ReadUInt16(), reader.ReadUInt16(), reader.ReadUInt16(), reader.ReadName()),
            DnsType.SOA => ReadAuthority(ref reader, owner, seconds),
            _ => null,
        };
        if (record is null) reader.Read(size);
        if (reader.Position != end) throw new DnsFormatException("a record's length is not that of what is in it");
        return record;
    }

    private static AuthorityRecord ReadAuthority(ref DnsReader reader, DnsName owner, int lifetime)
    {
        reader.ReadName();
        reader.ReadName();
        // Serial, refresh, retry, expire.
        reader.Read(16);
        return new AuthorityRecord(owner, lifetime, reader.ReadSeconds());
    }
}
