using System.Security.Cryptography;
using System.Text;

namespace PresenceXml.Protocol.Sasl;

/// <summary>
/// What a server keeps of a token for one mechanism and one channel binding (draft-schmaus-kitten-sasl-ht-09 §3). What a client proves
/// itself with, HMAC(token, "Initiator" ‖ binding), is then always the same octets. A digest of them is enough to recognise it, and the
/// answer is masked with another one. So neither the token nor the proof nor the answer can be had from what is kept; see docs/adr/0009.
/// </summary>
/// <param name="Check">The digest of the proof.</param>
/// <param name="MaskedAnswer">HMAC(token, "Responder" ‖ binding), masked by the proof.</param>
public sealed record HtVerifier(ReadOnlyMemory<byte> Check, ReadOnlyMemory<byte> MaskedAnswer)
{
    /// <summary>Derives it.</summary>
    /// <param name="token">The token as the client is given it: at least 128 random bits (§5).</param>
    /// <param name="binding">The channel binding data; empty without channel binding.</param>
    public static HtVerifier Of(string token, ReadOnlySpan<byte> binding)
    {
        byte[] key = Encoding.UTF8.GetBytes(token);
        byte[] proof = HMACSHA256.HashData(key, (byte[])[.. "Initiator"u8, .. binding]);
        byte[] answer = HMACSHA256.HashData(key, (byte[])[.. "Responder"u8, .. binding]);
        Mask(answer, proof);
        var verifier = new HtVerifier(Digest(proof), answer);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(proof);
        return verifier;
    }

    /// <summary>True when the proof is the right one; compared in constant time.</summary>
    public bool Matches(ReadOnlySpan<byte> proof) => CryptographicOperations.FixedTimeEquals(Digest(proof), Check.Span);

    /// <summary>What proves the server to who gave the right proof.</summary>
    public byte[] Answer(ReadOnlySpan<byte> proof)
    {
        byte[] answer = MaskedAnswer.ToArray();
        Mask(answer, proof);
        return answer;
    }

    private static byte[] Digest(ReadOnlySpan<byte> proof) => HMACSHA256.HashData("check"u8, proof);

    private static void Mask(byte[] answer, ReadOnlySpan<byte> proof)
    {
        byte[] mask = HMACSHA256.HashData("answer"u8, proof);
        for (int at = 0; at < answer.Length; at++) answer[at] ^= mask[at];
    }
}
