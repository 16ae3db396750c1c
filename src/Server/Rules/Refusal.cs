using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Rules;

/// <summary>A stanza does not go on.</summary>
/// <param name="Error">What the sender of a message or iq is told; null: nothing.</param>
internal readonly record struct Refusal(StanzaError? Error);
