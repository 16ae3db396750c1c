using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace PresenceXml.Protocol.Sasl;

/// <summary>
/// A hashed token mechanism on the server's side, with SHA-256, as XEP-0484 0.2.0 uses it (draft-schmaus-kitten-sasl-ht-09):
/// <c>authcid NUL HMAC(token, "Initiator" || cb-data)</c>, answered by <c>HMAC(token, "Responder" || cb-data)</c>. One message, then
/// <see cref="SaslStepKind.NeedTokens"/>, then success or failure.
/// </summary>
/// <param name="binding">The channel binding that the mechanism is named after; null for the one that binds nothing.</param>
public sealed class HashedTokenServer(ChannelBinding? binding) : SaslServer
{
    /// <summary>Binds nothing.</summary>
    public const string None = "HT-SHA-256-NONE";

    /// <summary>Binds the hash of the server's certificate (<see cref="ChannelBinding.TlsServerEndPoint"/>).</summary>
    public const string EndPoint = "HT-SHA-256-ENDP";

    // The draft, §3.1: names of up to 255 octets have to be taken; none of ours is longer than a JID allows.
    private const int LongestName = 1023;
    private static readonly byte[] NoToken = new byte[HMACSHA256.HashSizeInBytes];

    private byte[]? proof;
    private string authenticationId = "";
    private bool started;

    /// <summary>Which of the tokens that were handed in was the client's, counted from 0; −1 before, and when none was.</summary>
    public int Matched { get; private set; } = -1;

    /// <inheritdoc/>
    public override SaslStep Respond(ReadOnlySpan<byte> message)
    {
        if (started) throw new InvalidOperationException("No response is expected now.");
        started = true;
        int end = message.IndexOf((byte)0);
        // Behind the first NUL is the hash, whatever its octets.
        if (end is < 1 or > LongestName || message.Length - end - 1 != HMACSHA256.HashSizeInBytes || !Utf8.IsValid(message[..end]))
            return new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.MalformedRequest);
        authenticationId = Encoding.UTF8.GetString(message[..end]);
        proof = message[(end + 1)..].ToArray();
        return new SaslStep(SaslStepKind.NeedTokens, AuthenticationId: authenticationId);
    }

    /// <summary>Keys of passwords are never asked for.</summary>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override SaslStep Provide(ScramKeys keys, bool exists) => throw new InvalidOperationException("No keys are expected, but tokens.");

    /// <summary>
    /// Continues after <see cref="SaslStepKind.NeedTokens"/>. Each token is tried, in time that does not depend on which fits; where
    /// there is none, or no such account, the answer is that of a wrong one.
    /// </summary>
    /// <param name="tokens">What the client may have, as it was given to it; none that have expired.</param>
    public SaslStep Provide(IReadOnlyList<string> tokens)
    {
        if (proof is null) throw new InvalidOperationException("No tokens are expected now.");
        byte[] answer = [];
        for (int at = 0; at < tokens.Count; at++)
        {
            byte[] key = Encoding.UTF8.GetBytes(tokens[at]);
            bool fits = CryptographicOperations.FixedTimeEquals(Hash(key, "Initiator"u8), proof);
            byte[] responder = Hash(key, "Responder"u8);
            CryptographicOperations.ZeroMemory(key);
            if (!fits) continue;
            Matched = at;
            answer = responder;
        }
        if (tokens.Count == 0) _ = CryptographicOperations.FixedTimeEquals(Hash(NoToken, "Initiator"u8), proof);
        proof = null;
        return Matched >= 0
            ? new SaslStep(SaslStepKind.Success, answer, AuthenticationId: authenticationId)
            : new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.NotAuthorized, AuthenticationId: authenticationId);
    }

    private byte[] Hash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> role) =>
        HMACSHA256.HashData(key, binding is null ? role : (byte[])[.. role, .. binding.Data.Span]);
}
