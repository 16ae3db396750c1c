namespace PresenceXml.Federation.Tests.Network;

/// <summary>What the certificate of a server is worth to others.</summary>
public enum CertificateKind
{
    /// <summary>Of the test authority, for the domain, in force.</summary>
    Good,

    /// <summary>Of the test authority, for the domain, its time is over.</summary>
    Expired,

    /// <summary>Of the test authority, in force, for another domain.</summary>
    WrongName,

    /// <summary>For the domain and in force, but of nobody.</summary>
    SelfSigned,
}
