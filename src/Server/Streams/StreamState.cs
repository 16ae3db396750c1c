namespace PresenceXml.Server.Streams;

/// <summary>What a client's stream has negotiated so far (RFC 6120 §4.3.5).</summary>
[Flags]
internal enum StreamState
{
    None = 0,

    /// <summary>The connection is encrypted.</summary>
    Secure = 1,

    /// <summary>The account is known.</summary>
    Authenticated = 2,

    /// <summary>A resource is bound: there is a session, and stanzas flow.</summary>
    Bound = 4,
}
