using System.Text;
using System.Text.Unicode;

namespace PresenceXml.Protocol.Sasl;

/// <summary>
/// HT on the server's side (draft-schmaus-kitten-sasl-ht-09 §3): one message, <c>authcid NUL proof</c>, and the server's own proof in the
/// additional data with success. The caller sees to it that the channel is encrypted (§1.2).
/// </summary>
public sealed class HtServer : SaslServer
{
    // Compared with when there is nothing to compare with.
    private static readonly HtVerifier Nobody = HtVerifier.Of("nobody", []);
    private const int Tokens = 2;

    private string name = "";
    private byte[]? proof;
    private bool started;

    /// <summary>Which of the verifiers handed in was the right one; −1 for none.</summary>
    public int Matched { get; private set; } = -1;

    /// <inheritdoc/>
    public override SaslStep Respond(ReadOnlySpan<byte> message)
    {
        if (started) throw new InvalidOperationException("No response is expected now.");
        started = true;
        int end = message.IndexOf((byte)0);
        if (end < 1 || end == message.Length - 1 || !Utf8.IsValid(message[..end])) return new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.MalformedRequest);
        name = Encoding.UTF8.GetString(message[..end]);
        proof = message[(end + 1)..].ToArray();
        return new SaslStep(SaslStepKind.NeedToken, AuthenticationId: name);
    }

    /// <summary>HT works with tokens.</summary>
    public override SaslStep Provide(ScramKeys keys, bool exists) => throw new InvalidOperationException("No keys are expected.");

    /// <summary>
    /// Continues after <see cref="SaslStepKind.NeedToken"/>, with the tokens of the client that may be used with this mechanism and on this
    /// channel, at most two. The work is the same for any number of them.
    /// </summary>
    public SaslStep Provide(IReadOnlyList<HtVerifier> verifiers)
    {
        if (proof is null) throw new InvalidOperationException("No tokens are expected now.");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(verifiers.Count, Tokens);
        for (int i = 0; i < Tokens; i++)
        {
            bool exists = i < verifiers.Count;
            bool matches = (exists ? verifiers[i] : Nobody).Matches(proof);
            if (matches & exists) Matched = i;
        }
        byte[] tried = proof;
        proof = null;
        return Matched < 0
            ? new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.NotAuthorized, AuthenticationId: name)
            : new SaslStep(SaslStepKind.Success, verifiers[Matched].Answer(tried), AuthenticationId: name);
    }
}
