using System.Security.Cryptography;
using System.Text;

namespace PresenceXml.Protocol.Sasl;

/// <summary>
/// SCRAM on the server's side (RFC 5802, RFC 7677), for SHA-1, SHA-256 and SHA-512, with and without channel binding. The steps: the
/// client's first message → <see cref="SaslStepKind.NeedKeys"/> → keys → challenge → the client's final message → success or failure.
/// </summary>
/// <param name="hash">The hash of the chosen mechanism.</param>
/// <param name="plus">True when the client chose the <c>-PLUS</c> variant.</param>
/// <param name="plusOffered">True when any <c>-PLUS</c> mechanism was among those offered on this stream: the flag <c>y</c> then is a downgrade and refused (RFC 5802 §6).</param>
/// <param name="nonce">The server's part of the nonce: printable ASCII without a comma, random, used once.</param>
/// <param name="binding">The one channel binding of this connection; null when there is none. Needed for <paramref name="plus"/>.</param>
/// <param name="offer">All that was offered on this stream, as XEP-0474 0.5.0 §5.1 puts it together; its digest is told with the salt. Null: it is not told.</param>
public sealed class ScramServer(ScramHash hash, bool plus, bool plusOffered, string nonce, ChannelBinding? binding, string? offer = null) : SaslServer
{
    private enum Phase { First, Keys, Final, Done }

    private Phase phase;
    private ScramClientFirst first = null!;
    private ScramKeys keys = null!;
    private string serverFirst = "";
    private bool exists;

    /// <inheritdoc/>
    public override SaslStep Respond(ReadOnlySpan<byte> message) => phase switch
    {
        Phase.First => First(message),
        Phase.Final => Final(message),
        _ => throw new InvalidOperationException("No response is expected now."),
    };

    /// <inheritdoc/>
    public override SaslStep Provide(ScramKeys keys, bool exists)
    {
        if (phase != Phase.Keys) throw new InvalidOperationException("No keys are expected now.");
        if (keys.Hash != hash) throw new ArgumentException("The keys belong to another hash.", nameof(keys));
        this.keys = keys;
        this.exists = exists;
        serverFirst = $"r={first.Nonce}{nonce},s={Convert.ToBase64String(keys.Salt.Span)},i={keys.Iterations}";
        if (offer is not null) serverFirst += ",h=" + Convert.ToBase64String(hash.Digest(Encoding.ASCII.GetBytes(offer)));
        phase = Phase.Final;
        return new SaslStep(SaslStepKind.Challenge, Encoding.UTF8.GetBytes(serverFirst), AuthenticationId: first.Username, AuthorizationId: first.AuthorizationId);
    }

    private SaslStep First(ReadOnlySpan<byte> message)
    {
        if (!ScramClientFirst.TryParse(message, out ScramClientFirst? parsed)) return Fail(SaslFailure.MalformedRequest);
        first = parsed;

        // RFC 5802 §6: -PLUS and the flag p belong together.
        if (plus != (parsed.BindingFlag == 'p')) return Fail(SaslFailure.MalformedRequest);
        // RFC 5802 §6: "y" says that the server cannot bind; where it offered to, somebody took the offer out of its list.
        if (parsed.BindingFlag == 'y' && plusOffered) return Fail(SaslFailure.NotAuthorized, mismatch: true);
        if (plus && parsed.BindingType != binding?.Type) return Fail(SaslFailure.NotAuthorized, mismatch: true);

        phase = Phase.Keys;
        return new SaslStep(SaslStepKind.NeedKeys, AuthenticationId: parsed.Username, AuthorizationId: parsed.AuthorizationId);
    }

    private SaslStep Final(ReadOnlySpan<byte> message)
    {
        if (!ScramClientFinal.TryParse(message, out ScramClientFinal? final)) return Fail(SaslFailure.MalformedRequest);
        if (final.Nonce != first.Nonce + nonce) return Fail(SaslFailure.NotAuthorized);
        if (!final.Binding.AsSpan().SequenceEqual(ExpectedBinding())) return Fail(SaslFailure.NotAuthorized, mismatch: true);

        byte[] authMessage = Encoding.UTF8.GetBytes($"{first.Bare},{serverFirst},{final.WithoutProof}");
        bool proven = IsProven(authMessage, final.Proof);
        byte[] signature = hash.Hmac(keys.ServerKey.Span, authMessage);
        if (!(proven & exists)) return Fail(SaslFailure.NotAuthorized);

        phase = Phase.Done;
        return new SaslStep(SaslStepKind.Success, Encoding.ASCII.GetBytes("v=" + Convert.ToBase64String(signature)), AuthenticationId: first.Username, AuthorizationId: first.AuthorizationId);
    }

    /// <summary>RFC 5802 §3: ClientKey = ClientProof XOR HMAC(StoredKey, AuthMessage), and its hash must be the StoredKey.</summary>
    private bool IsProven(byte[] authMessage, byte[] proof)
    {
        byte[] clientKey = hash.Hmac(keys.StoredKey.Span, authMessage);
        if (proof.Length != clientKey.Length) return false;
        for (int at = 0; at < clientKey.Length; at++) clientKey[at] ^= proof[at];
        return CryptographicOperations.FixedTimeEquals(hash.Digest(clientKey), keys.StoredKey.Span);
    }

    /// <summary>RFC 5802 §7, <c>cbind-input</c>.</summary>
    private byte[] ExpectedBinding()
    {
        byte[] header = Encoding.UTF8.GetBytes(first.Header);
        return plus ? [.. header, .. binding!.Data.Span] : header;
    }

    private SaslStep Fail(SaslFailure failure, bool mismatch = false)
    {
        phase = Phase.Done;
        return new SaslStep(SaslStepKind.Failure, Failure: failure, AuthenticationId: first?.Username, AuthorizationId: first?.AuthorizationId) { IsChannelBindingMismatch = mismatch };
    }
}
