namespace PresenceXml.Protocol.Sasl;

/// <summary>
/// One SASL exchange on the server's side, pure: nonce and keys are handed in (RFC 4422). After a success or a failure it is used up;
/// calls out of order are the caller's error and throw <see cref="InvalidOperationException"/>.
/// </summary>
public abstract class SaslServer
{
    /// <summary>The client's initial response or response, already decoded from base64; empty data for "=".</summary>
    public abstract SaslStep Respond(ReadOnlySpan<byte> message);

    /// <summary>
    /// Continues after <see cref="SaslStepKind.NeedKeys"/>. For an unknown account the caller hands in fake keys (stable per name) and
    /// <paramref name="exists"/> false: the exchange then runs alike and fails at the end.
    /// </summary>
    public abstract SaslStep Provide(ScramKeys keys, bool exists);
}
