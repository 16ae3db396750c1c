namespace PresenceXml.Server.Federation.Dns;

/// <summary>Whether it is known where a domain's server is.</summary>
internal enum ServiceStatus
{
    /// <summary>There are places to try.</summary>
    Found,

    /// <summary>The domain says that it has no such service (target ".", RFC 6120 §3.2.1): not to be tried, no matter what else there is.</summary>
    NotOffered,

    /// <summary>The domain names a service, but in a way that leads nowhere, or is no domain the DNS could know.</summary>
    NotFound,

    /// <summary>The DNS could not tell; it may later.</summary>
    Unknown,
}
