using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>A token that was made just now; only its client ever has it whole.</summary>
/// <param name="Mechanism">The mechanism it is for.</param>
/// <param name="Token">The token.</param>
/// <param name="Expires">When it ends.</param>
internal sealed record NewToken(HtMechanism Mechanism, string Token, DateTimeOffset Expires);
