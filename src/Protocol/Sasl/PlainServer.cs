using System.Text;
using System.Text.Unicode;

namespace PresenceXml.Protocol.Sasl;

/// <summary>
/// PLAIN on the server's side (RFC 4616): <c>[authzid] NUL authcid NUL password</c>. The password is prepared by OpaqueString
/// (RFC 8265 §4.2) and checked against whichever keys are handed in. The caller sees to it that the channel is encrypted (RFC 6120 §13.8.3).
/// </summary>
public sealed class PlainServer : SaslServer
{
    private string? password;
    private string authenticationId = "";
    private string? authorizationId;
    private bool started;

    /// <inheritdoc/>
    public override SaslStep Respond(ReadOnlySpan<byte> message)
    {
        if (started) throw new InvalidOperationException("No response is expected now.");
        started = true;
        int authzidEnd = message.IndexOf((byte)0);
        int authcidEnd = authzidEnd < 0 ? -1 : message[(authzidEnd + 1)..].IndexOf((byte)0) + authzidEnd + 1;
        // RFC 4616 §2: two separators and no other NUL; name and password have at least one character; all of it UTF-8.
        if (authcidEnd <= authzidEnd + 1 || authcidEnd == message.Length - 1
            || message[(authcidEnd + 1)..].Contains((byte)0) || !Utf8.IsValid(message))
        {
            return new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.MalformedRequest);
        }
        authorizationId = authzidEnd == 0 ? null : Encoding.UTF8.GetString(message[..authzidEnd]);
        authenticationId = Encoding.UTF8.GetString(message[(authzidEnd + 1)..authcidEnd]);

        // RFC 4616 §2: where preparation fails, verification fails. No account can have such a password, so nothing is told.
        if (!JidPreparation.TryPassword(Encoding.UTF8.GetString(message[(authcidEnd + 1)..]), out password)) return Refused();
        return new SaslStep(SaslStepKind.NeedKeys, AuthenticationId: authenticationId, AuthorizationId: authorizationId);
    }

    /// <inheritdoc/>
    public override SaslStep Provide(ScramKeys keys, bool exists)
    {
        if (password is null) throw new InvalidOperationException("No keys are expected now.");
        bool verified = keys.Verify(password);
        password = null;
        return verified & exists ? new SaslStep(SaslStepKind.Success, AuthenticationId: authenticationId, AuthorizationId: authorizationId) : Refused();
    }

    private SaslStep Refused() => new(SaslStepKind.Failure, Failure: SaslFailure.NotAuthorized, AuthenticationId: authenticationId, AuthorizationId: authorizationId);
}
