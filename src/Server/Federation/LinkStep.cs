namespace PresenceXml.Server.Federation;

/// <summary>The steps to an open link, in their order; where it failed is told by them.</summary>
internal enum LinkStep
{
    /// <summary>Whether links to that domain are allowed at all, and there is room for one.</summary>
    Policy,

    /// <summary>Finding out where its server is.</summary>
    Resolve,

    /// <summary>TCP.</summary>
    Connect,

    /// <summary>Stream headers and features.</summary>
    Stream,

    /// <summary>TLS, and what its certificate says.</summary>
    Tls,

    /// <summary>Proving who we are, by SASL EXTERNAL or dialback.</summary>
    Prove,

    /// <summary>The link is open.</summary>
    Open,
}
