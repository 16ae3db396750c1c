namespace PresenceXml.Server.Federation.Dns;

/// <summary>The kinds of records this server asks for or looks at (RFC 1035 §3.2.2, RFC 3596, RFC 2782, RFC 6891).</summary>
internal enum DnsType : ushort
{
    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>Who knows more of a name; looked at only to tell a referral from an answer.</summary>
    NS = 2,

    /// <summary>The name is another's alias.</summary>
    CNAME = 5,

    /// <summary>How long a "no" may be kept (RFC 2308).</summary>
    SOA = 6,

    /// <summary>An IPv6 address.</summary>
    AAAA = 28,

    /// <summary>Where a service is.</summary>
    SRV = 33,

    /// <summary>The extension record of a message (EDNS).</summary>
    OPT = 41,
}
