namespace PresenceXml.Protocol.Sasl;

/// <summary>What a mechanism wants done next.</summary>
public enum SaslStepKind
{
    /// <summary>Send <see cref="SaslStep.Data"/> as a challenge.</summary>
    Challenge,

    /// <summary>Look up the keys of <see cref="SaslStep.AuthenticationId"/> (a local part, or what the client sent) and call Provide.</summary>
    NeedKeys,

    /// <summary>Look up the tokens of <see cref="SaslStep.AuthenticationId"/> and call Provide of <see cref="HtServer"/>.</summary>
    NeedToken,

    /// <summary>Authenticated; <see cref="SaslStep.Data"/> is the additional data with success, if any.</summary>
    Success,

    /// <summary>Refused; <see cref="SaslStep.Failure"/> says how to tell the client.</summary>
    Failure,
}

/// <summary>The outcome of one step of an exchange.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Data">The challenge, or the additional data with success; raw, not base64.</param>
/// <param name="Failure">The condition to send with <see cref="SaslStepKind.Failure"/>.</param>
/// <param name="AuthenticationId">The name as the client sent it, not prepared; also given with a failure once it is known.</param>
/// <param name="AuthorizationId">The authorization identity the client asked for; null when it asked for none. Whether it is permitted is the caller's decision.</param>
public readonly record struct SaslStep(SaslStepKind Kind, ReadOnlyMemory<byte> Data = default, SaslFailure Failure = default, string? AuthenticationId = null, string? AuthorizationId = null)
{
    /// <summary>
    /// With a failure: what did not fit was the channel binding (RFC 5802 §6), and no password was tried. The client believed that the
    /// server cannot bind though it offered to (flag <c>y</c>), named a binding type that is not offered here, or the bound channel is
    /// another one. It must not count against the address or the account as a wrong password does.
    /// </summary>
    public bool IsChannelBindingMismatch { get; init; }
}
