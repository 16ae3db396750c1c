namespace PresenceXml.Server.Federation;

/// <summary>What a domain has to prove itself by, the strictest first.</summary>
internal enum DomainPolicy
{
    /// <summary>There are no links with it.</summary>
    Deny,

    /// <summary>By a certificate.</summary>
    RequireCertificate,

    /// <summary>By a certificate or dialback (XEP-0220).</summary>
    AllowDialback,
}
