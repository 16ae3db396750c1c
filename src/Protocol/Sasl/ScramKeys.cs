using System.Security.Cryptography;
using System.Text;

namespace PresenceXml.Protocol.Sasl;

/// <summary>What a server keeps instead of a password for one hash (RFC 5802 §3).</summary>
/// <param name="Hash">The hash of the mechanism.</param>
/// <param name="Iterations">The iteration count of Hi().</param>
/// <param name="Salt">The salt, not empty.</param>
/// <param name="StoredKey">H(ClientKey).</param>
/// <param name="ServerKey">HMAC(SaltedPassword, "Server Key").</param>
public sealed record ScramKeys(ScramHash Hash, int Iterations, ReadOnlyMemory<byte> Salt, ReadOnlyMemory<byte> StoredKey, ReadOnlyMemory<byte> ServerKey)
{
    /// <summary>Octets of a salt made here: 128 bits, as NIST SP 800-132 §5.1 asks at least.</summary>
    public const int SaltBytes = 16;

    /// <summary>Iterations below this are refused for a new password (RFC 7677 §4; RFC 5802 §5.1 names the same figure).</summary>
    public const int MinimumIterations = 4096;

    /// <summary>Derives keys from an already prepared password (<see cref="JidPreparation.TryPassword"/>).</summary>
    /// <exception cref="ArgumentException">The salt is empty or there are no iterations.</exception>
    public static ScramKeys Derive(ScramHash hash, string password, ReadOnlySpan<byte> salt, int iterations)
    {
        if (salt.IsEmpty) throw new ArgumentException("The salt is empty.", nameof(salt));
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        byte[] salted = SaltedPassword(hash, password, salt, iterations);
        try
        {
            return OfSaltedPassword(hash, salted, salt, iterations);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(salted);
        }
    }

    /// <summary>The keys that belong to a salted password (RFC 5802 §3), of as many octets as the hash has.</summary>
    public static ScramKeys OfSaltedPassword(ScramHash hash, ReadOnlySpan<byte> salted, ReadOnlySpan<byte> salt, int iterations)
    {
        byte[] clientKey = hash.Hmac(salted, "Client Key"u8);
        var keys = new ScramKeys(hash, iterations, salt.ToArray(), hash.Digest(clientKey), hash.Hmac(salted, "Server Key"u8));
        CryptographicOperations.ZeroMemory(clientKey);
        return keys;
    }

    /// <summary>
    /// Keys for an account that does not exist: the salt is the same each time for a name and a secret, so that asking twice tells nothing
    /// (RFC 6120 §13.11, RFC 5802 §9), and no password belongs to them.
    /// </summary>
    /// <param name="secret">A secret of the server, kept as long as its accounts.</param>
    /// <param name="name">The prepared name, as it would be looked up.</param>
    /// <param name="hash">The hash of the mechanism.</param>
    /// <param name="iterations">What real accounts have.</param>
    /// <param name="saltBytes">Octets of the salt, as real accounts have it; at most 8160 (RFC 5869 §2.3).</param>
    public static ScramKeys Fake(ReadOnlySpan<byte> secret, string name, ScramHash hash, int iterations, int saltBytes = SaltBytes)
    {
        string label = hash.ToMechanism() + "\0" + name + "\0";
        byte[] salt = new byte[saltBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, salt, [], Encoding.UTF8.GetBytes(label + "salt"));
        byte[] storedKey = HMACSHA512.HashData(secret, Encoding.UTF8.GetBytes(label + "stored"));
        byte[] serverKey = HMACSHA512.HashData(secret, Encoding.UTF8.GetBytes(label + "server"));
        int length = hash.Length();
        return new ScramKeys(hash, iterations, salt, storedKey.AsMemory(0, length), serverKey.AsMemory(0, length));
    }

    /// <summary>True when the prepared password belongs to these keys; compared in constant time. For PLAIN.</summary>
    public bool Verify(string password)
    {
        byte[] salted = SaltedPassword(Hash, password, Salt.Span, Iterations);
        byte[] stored = Hash.Digest(Hash.Hmac(salted, "Client Key"u8));
        CryptographicOperations.ZeroMemory(salted);
        return CryptographicOperations.FixedTimeEquals(stored, StoredKey.Span);
    }

    private static byte[] SaltedPassword(ScramHash hash, string password, ReadOnlySpan<byte> salt, int iterations)
    {
        byte[] octets = Encoding.UTF8.GetBytes(password);
        try
        {
            return Rfc2898DeriveBytes.Pbkdf2(octets, salt, iterations, hash.Name(), hash.Length());
        }
        finally
        {
            CryptographicOperations.ZeroMemory(octets);
        }
    }
}
