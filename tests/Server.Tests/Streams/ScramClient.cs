using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>SCRAM from the client's side (RFC 5802 §3), written from the RFC and not from the server's code.</summary>
internal sealed class ScramClient(ScramHash hash, string user, string password, string gs2, byte[] binding)
{
    private readonly string bare = $"n={user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal)},r={Convert.ToBase64String(RandomNumberGenerator.GetBytes(12))}";

    public string First => gs2 + bare;

    public string ExpectedSignature { get; private set; } = "";

    public string Final(string serverFirst)
    {
        Dictionary<char, string> parts = serverFirst.Split(',').ToDictionary(part => part[0], part => part[2..]);
        HashAlgorithmName name = hash switch { ScramHash.Sha1 => HashAlgorithmName.SHA1, ScramHash.Sha256 => HashAlgorithmName.SHA256, _ => HashAlgorithmName.SHA512 };
        int length = hash switch { ScramHash.Sha1 => 20, ScramHash.Sha256 => 32, _ => 64 };
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String(parts['s']), int.Parse(parts['i'], System.Globalization.CultureInfo.InvariantCulture), name, length);
        byte[] clientKey = Hmac(salted, "Client Key");
        string withoutProof = $"c={Convert.ToBase64String([.. Encoding.UTF8.GetBytes(gs2), .. binding])},r={parts['r']}";
        string authMessage = $"{bare},{serverFirst},{withoutProof}";
        byte[] signature = Hmac(CryptographicOperations.HashData(name, clientKey), authMessage);
        byte[] proof = [.. clientKey.Zip(signature, (key, mask) => (byte)(key ^ mask))];
        ExpectedSignature = "v=" + Convert.ToBase64String(Hmac(Hmac(salted, "Server Key"), authMessage));
        return $"{withoutProof},p={Convert.ToBase64String(proof)}";

        byte[] Hmac(byte[] key, string text) => CryptographicOperations.HmacData(name, key, Encoding.UTF8.GetBytes(text));
    }
}
