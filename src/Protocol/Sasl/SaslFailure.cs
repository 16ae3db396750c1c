namespace PresenceXml.Protocol.Sasl;

/// <summary>The defined failures (RFC 6120 §6.5).</summary>
public enum SaslFailure
{
    /// <summary>The client sent <c>&lt;abort/&gt;</c> (§6.5.1).</summary>
    Aborted,

    /// <summary>The account is disabled (§6.5.2).</summary>
    AccountDisabled,

    /// <summary>The credentials have expired (§6.5.3).</summary>
    CredentialsExpired,

    /// <summary>The mechanism may not be used without encryption (§6.5.4).</summary>
    EncryptionRequired,

    /// <summary>The data are not strict base64 (§6.5.5).</summary>
    IncorrectEncoding,

    /// <summary>The authorization identity is not one this client may act for, or no address at all (§6.5.6).</summary>
    InvalidAuthzid,

    /// <summary>The mechanism was not offered or is unknown (§6.5.7).</summary>
    InvalidMechanism,

    /// <summary>The data violate the syntax of the mechanism (§6.5.8).</summary>
    MalformedRequest,

    /// <summary>The mechanism is weaker than the server's policy permits (§6.5.9).</summary>
    MechanismTooWeak,

    /// <summary>The credentials are not valid; also the answer for an unknown account (§6.5.10).</summary>
    NotAuthorized,

    /// <summary>The server could not check just now (§6.5.11).</summary>
    TemporaryAuthFailure,
}

/// <summary>The wire names of the failures.</summary>
public static class SaslFailures
{
    /// <summary>The element name inside <c>&lt;failure/&gt;</c>, for example <c>not-authorized</c> (RFC 6120 §6.5).</summary>
    public static string ToElementName(this SaslFailure failure) => failure switch
    {
        SaslFailure.Aborted => "aborted",
        SaslFailure.AccountDisabled => "account-disabled",
        SaslFailure.CredentialsExpired => "credentials-expired",
        SaslFailure.EncryptionRequired => "encryption-required",
        SaslFailure.IncorrectEncoding => "incorrect-encoding",
        SaslFailure.InvalidAuthzid => "invalid-authzid",
        SaslFailure.InvalidMechanism => "invalid-mechanism",
        SaslFailure.MalformedRequest => "malformed-request",
        SaslFailure.MechanismTooWeak => "mechanism-too-weak",
        SaslFailure.NotAuthorized => "not-authorized",
        SaslFailure.TemporaryAuthFailure => "temporary-auth-failure",
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, null),
    };
}
