using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules;

/// <summary>One iq request on its way through a handler.</summary>
public sealed class IqContext
{
    public required Iq Request { get; init; }

    /// <summary>The full JID that asks (bare or domain for remote servers).</summary>
    public required Jid From { get; init; }

    /// <summary>The account asked (bare), or the domain.</summary>
    public required Jid Target { get; init; }

    /// <summary>The loaded account asked, held until the handler has answered; null for <see cref="Addressee.Domain"/>.</summary>
    public Presentity? Presentity { get; init; }

    /// <summary>The session that asks when it is one of ours.</summary>
    public ClientSession? Session { get; init; }

    /// <summary>How sure it is who asks.</summary>
    public required Strength Strength { get; init; }

    /// <summary>True when the account asks about itself.</summary>
    public bool IsOwner => From.Bare == Target;

    /// <summary>The payload as a tree.</summary>
    public Element Payload => field ??= Request.Content.Child(0);
}
