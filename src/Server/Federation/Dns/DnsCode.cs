namespace PresenceXml.Server.Federation.Dns;

/// <summary>What a nameserver says of a question as a whole (RFC 1035 §4.1.1, RFC 6891 §9). Others keep their number.</summary>
internal enum DnsCode : ushort
{
    NoError = 0,

    /// <summary>FORMERR: it did not understand the message; some understand no EDNS.</summary>
    FormatError = 1,

    /// <summary>SERVFAIL: it could not find out.</summary>
    ServerFailure = 2,

    /// <summary>NXDOMAIN: there is no such name.</summary>
    NoSuchName = 3,

    /// <summary>NOTIMP: it does not do that.</summary>
    NotImplemented = 4,

    /// <summary>REFUSED: it will not.</summary>
    Refused = 5,

    /// <summary>BADVERS: EDNS of another version.</summary>
    BadVersion = 16,
}
