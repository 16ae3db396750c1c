using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Routing;

/// <summary>What <see cref="SessionBinder.BindAsync"/> came to: one of the two.</summary>
public readonly record struct BindResult(ClientSession? Session, StanzaError? Error);
