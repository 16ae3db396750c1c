using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Routing;

/// <summary>What <see cref="SessionKeeper.ResumeAsync"/> came to: a session, an error, or a client that acknowledges more than it was sent.</summary>
internal readonly record struct Resumption
{
    /// <summary>The session that has a new line now.</summary>
    public ClientSession? Session { get; init; }

    /// <summary>Why there is none.</summary>
    public StanzaError? Error { get; init; }

    /// <summary>How many stanzas of the session's client were handled, if that is known.</summary>
    public uint? Handled { get; init; }

    /// <summary>How many stanzas were sent, when the client says it handled more.</summary>
    public uint? Sent { get; init; }
}
