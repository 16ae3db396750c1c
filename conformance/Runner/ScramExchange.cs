using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PresenceXml.Conformance.Runner;

/// <summary>The client's side of SCRAM (RFC 5802).</summary>
/// <param name="hash">SHA-1, SHA-256 or SHA-512.</param>
/// <param name="authorization">The authzid, null when none is sent.</param>
[SuppressMessage("Security", "CA5350", Justification = "SCRAM-SHA-1 is what RFC 6120 §13.8 makes mandatory.")]
internal sealed class ScramExchange(HashAlgorithmName hash, string user, string password, string? authorization = null)
{
    // By far the dearest step, and the same for every login of accounts that share password and salt.
    private static readonly ConcurrentDictionary<(string Hash, string Password, string Salt, int Iterations), byte[]> SaltedPasswords = new();
    private readonly string nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private string? serverSignature;
    private Dictionary<char, string> told = [];

    /// <summary>The data of tls-server-end-point (RFC 5929 §4), null for SCRAM without channel binding.</summary>
    public byte[]? Binding { get; init; }

    /// <summary>Says that the client could bind and believes that the server cannot (the flag "y", RFC 5802 §6).</summary>
    public bool IsUnsure { get; init; }

    private string Gs2Header
    {
        get
        {
            var flag = Binding is not null ? "p=tls-server-end-point" : IsUnsure ? "y" : "n";
            return authorization is null ? $"{flag},," : $"{flag},a={Escape(authorization)},";
        }
    }

    private string FirstBare => $"n={Escape(user)},r={nonce}";

    /// <summary>The client-first-message, in base64.</summary>
    public string First => Encode(Gs2Header + FirstBare);

    /// <summary>The value of <c>v=</c> that proves the server knows the keys, in base64 as the whole server-final-message.</summary>
    public string ServerFinal => Encode("v=" + (serverSignature ?? throw new FormatException("the exchange has not come that far")));

    /// <summary>What the server's challenge said for this letter (RFC 5802 §5.1), empty when it did not.</summary>
    public string Told(char attribute) => told.GetValueOrDefault(attribute, "");

    /// <summary>The client-final-message that answers a challenge, both in base64.</summary>
    /// <exception cref="FormatException">The challenge is no server-first-message.</exception>
    public string Final(string challenge)
    {
        var serverFirst = Encoding.UTF8.GetString(Convert.FromBase64String(challenge));
        var fields = told = serverFirst.Split(',').Where(static field => field.Length > 2).ToDictionary(static field => field[0], static field => field[2..]);
        if (!fields.TryGetValue('r', out var fullNonce) || !fullNonce.StartsWith(nonce, StringComparison.Ordinal) || fullNonce == nonce)
            throw new FormatException($"the server's nonce does not extend ours: {serverFirst}");
        if (!fields.TryGetValue('s', out var salt) || !fields.TryGetValue('i', out var iterations))
            throw new FormatException($"salt or iteration count is missing: {serverFirst}");

        var salted = Salt(hash, password, salt, int.Parse(iterations, NumberStyles.None, CultureInfo.InvariantCulture));
        byte[] bound = [.. Encoding.UTF8.GetBytes(Gs2Header), .. Binding ?? []];
        var withoutProof = $"c={Convert.ToBase64String(bound)},r={fullNonce}";
        var signed = Encoding.UTF8.GetBytes($"{FirstBare},{serverFirst},{withoutProof}");
        var clientKey = Hmac(salted, "Client Key"u8);
        var signature = Hmac(CryptographicOperations.HashData(hash, clientKey), signed);
        var proof = clientKey.Zip(signature, static (key, mask) => (byte)(key ^ mask)).ToArray();
        serverSignature = Convert.ToBase64String(Hmac(Hmac(salted, "Server Key"u8), signed));
        return Encode($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }

    /// <summary>SaltedPassword (RFC 5802 §3), in base64.</summary>
    public static string SaltedPassword(HashAlgorithmName hash, string password, string salt, int iterations) =>
        Convert.ToBase64String(Salt(hash, password, salt, iterations));

    private static byte[] Salt(HashAlgorithmName hash, string password, string salt, int iterations) => SaltedPasswords.GetOrAdd(
        (hash.Name!, password, salt, iterations),
        static key => Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(key.Password),
            Convert.FromBase64String(key.Salt),
            key.Iterations,
            new HashAlgorithmName(key.Hash),
            key.Hash switch { "SHA1" => 20, "SHA256" => 32, _ => 64 }));

    private byte[] Hmac(byte[] key, ReadOnlySpan<byte> data) => CryptographicOperations.HmacData(hash, key, data);

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    // RFC 5802 §5.1: "," and "=" in names
    private static string Escape(string name) => name.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);
}
