using System.Security.Cryptography;
using System.Text;

namespace PresenceXml.Server.Federation;

/// <summary>
/// The keys of server dialback, as XEP-0185 1.0 recommends: nothing is remembered about a key that was given out, it is made again to
/// check it. It is good for one stream id and one pair of domains only.
/// </summary>
/// <remarks>
/// The secret is drawn when the process starts (XEP-0185 §2, note 3). A key is checked by the server that the DNS names for our domain, which
/// is this same process, while the stream it was given out on still stands; a restart ends that stream, so no key outlives the secret.
/// </remarks>
internal sealed class DialbackKeys
{
    private readonly byte[] hmacKey;

    public DialbackKeys() : this(RandomNumberGenerator.GetBytes(32)) { }

    /// <param name="secret">The secret.</param>
    internal DialbackKeys(ReadOnlySpan<byte> secret) =>
        // The hexadecimal digits are the key of the HMAC, not the octets they stand for (XEP-0185 §2, note 4 and §3).
        hmacKey = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(secret)));

    /// <summary>The key with which a domain of ours says on a stream that it is who it says.</summary>
    /// <param name="receiving">The other server's domain.</param>
    /// <param name="originating">Ours.</param>
    /// <param name="streamId">The stream's id, which the other server chose.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public string Make(string receiving, string originating, string streamId) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(hmacKey, Encoding.UTF8.GetBytes($"{receiving} {originating} {streamId}")));

    /// <summary>True when <paramref name="key"/> is the one that <see cref="Make"/> gives. How long it takes tells nothing about where it differs.</summary>
    public bool IsValid(string receiving, string originating, string streamId, string key) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.ASCII.GetBytes(Make(receiving, originating, streamId)));
}
