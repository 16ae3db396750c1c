namespace PresenceXml.Server.Federation.Dns;

/// <summary>What became of a question. The three kinds of "no" are apart: only the last may be a "yes" a minute later.</summary>
internal enum DnsStatus
{
    /// <summary>There are records.</summary>
    Found,

    /// <summary>The name exists, but has no records of this type.</summary>
    NoData,

    /// <summary>There is no such name (NXDOMAIN), nor any below it (RFC 8020).</summary>
    NoSuchName,

    /// <summary>Nobody knows: no nameserver answered, or none could find out.</summary>
    Failed,
}
