using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace PresenceXml.Protocol.Sasl;

/// <summary>The hash a SCRAM mechanism is built on (RFC 5802, RFC 7677).</summary>
public enum ScramHash
{
    Sha1,
    Sha256,
    Sha512,
}

/// <summary>Facts and primitives of the hashes.</summary>
public static class ScramHashes
{
    private const string Plus = "-PLUS";

    /// <summary>The mechanism's registered name: <c>SCRAM-SHA-1</c>, <c>SCRAM-SHA-256</c>, <c>SCRAM-SHA-512</c>, with <c>-PLUS</c> when it binds the channel.</summary>
    public static string ToMechanism(this ScramHash hash, bool plus = false) => (hash, plus) switch
    {
        (ScramHash.Sha1, false) => "SCRAM-SHA-1",
        (ScramHash.Sha1, true) => "SCRAM-SHA-1-PLUS",
        (ScramHash.Sha256, false) => "SCRAM-SHA-256",
        (ScramHash.Sha256, true) => "SCRAM-SHA-256-PLUS",
        (ScramHash.Sha512, false) => "SCRAM-SHA-512",
        (ScramHash.Sha512, true) => "SCRAM-SHA-512-PLUS",
        _ => throw new ArgumentOutOfRangeException(nameof(hash), hash, null),
    };

    /// <summary>Reads a mechanism name; false when it is no SCRAM mechanism of ours. Case counts (RFC 4422 §3.1).</summary>
    public static bool TryParseMechanism(string mechanism, out ScramHash hash, out bool plus)
    {
        plus = mechanism.EndsWith(Plus, StringComparison.Ordinal);
        ScramHash? found = (plus ? mechanism[..^Plus.Length] : mechanism) switch
        {
            "SCRAM-SHA-1" => ScramHash.Sha1,
            "SCRAM-SHA-256" => ScramHash.Sha256,
            "SCRAM-SHA-512" => ScramHash.Sha512,
            _ => null,
        };
        hash = found.GetValueOrDefault();
        return found is not null;
    }

    /// <summary>Octets of the hash.</summary>
    public static int Length(this ScramHash hash) => hash switch
    {
        ScramHash.Sha1 => SHA1.HashSizeInBytes,
        ScramHash.Sha256 => SHA256.HashSizeInBytes,
        ScramHash.Sha512 => SHA512.HashSizeInBytes,
        _ => throw new ArgumentOutOfRangeException(nameof(hash), hash, null),
    };

    internal static HashAlgorithmName Name(this ScramHash hash) => hash switch
    {
        ScramHash.Sha1 => HashAlgorithmName.SHA1,
        ScramHash.Sha256 => HashAlgorithmName.SHA256,
        ScramHash.Sha512 => HashAlgorithmName.SHA512,
        _ => throw new ArgumentOutOfRangeException(nameof(hash), hash, null),
    };

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "SCRAM-SHA-1 is mandatory to implement (RFC 6120 §13.8.1); HMAC and PBKDF2 do not rest on collision resistance.")]
    internal static byte[] Hmac(this ScramHash hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data) => hash switch
    {
        ScramHash.Sha1 => HMACSHA1.HashData(key, data),
        ScramHash.Sha256 => HMACSHA256.HashData(key, data),
        ScramHash.Sha512 => HMACSHA512.HashData(key, data),
        _ => throw new ArgumentOutOfRangeException(nameof(hash), hash, null),
    };

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "SCRAM-SHA-1 is mandatory to implement (RFC 6120 §13.8.1); HMAC and PBKDF2 do not rest on collision resistance.")]
    internal static byte[] Digest(this ScramHash hash, ReadOnlySpan<byte> data) => hash switch
    {
        ScramHash.Sha1 => SHA1.HashData(data),
        ScramHash.Sha256 => SHA256.HashData(data),
        ScramHash.Sha512 => SHA512.HashData(data),
        _ => throw new ArgumentOutOfRangeException(nameof(hash), hash, null),
    };
}
