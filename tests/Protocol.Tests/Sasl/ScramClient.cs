using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Protocol.Tests.Sasl;

/// <summary>A client's side of SCRAM-SHA-256, written from RFC 5802 §3 alone, that can be told to send anything.</summary>
internal sealed class ScramClient(string password)
{
    public string Header { get; init; } = "n,,";
    public string Bare { get; init; } = "n=user,r=clientnonce";
    public byte[] Bound { get; init; } = [];
    public string First => Header + Bare;

    public string Final(string serverFirst, string? nonce = null, string? binding = null, string extensions = "", Func<byte[], byte[]>? tamper = null)
    {
        string[] parts = serverFirst.Split(',');
        byte[] salt = Convert.FromBase64String(parts[1][2..]);
        int iterations = int.Parse(parts[2][2..], System.Globalization.CultureInfo.InvariantCulture);
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, 32);
        byte[] clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        byte[] storedKey = SHA256.HashData(clientKey);
        binding ??= Convert.ToBase64String([.. Encoding.UTF8.GetBytes(Header), .. Bound]);
        string withoutProof = $"c={binding},r={nonce ?? parts[0][2..]}{extensions}";
        byte[] signature = HMACSHA256.HashData(storedKey, Encoding.UTF8.GetBytes($"{Bare},{serverFirst},{withoutProof}"));
        byte[] proof = [.. clientKey.Zip(signature, static (a, b) => (byte)(a ^ b))];
        return $"{withoutProof},p={Convert.ToBase64String(tamper?.Invoke(proof) ?? proof)}";
    }

    /// <summary>Runs the exchange to its end.</summary>
    public SaslStep Run(SaslServer server, ScramKeys keys, bool exists = true)
    {
        SaslStep step = server.Respond(Encoding.UTF8.GetBytes(First));
        if (step.Kind != SaslStepKind.NeedKeys) return step;
        SaslStep challenge = server.Provide(keys, exists);
        return server.Respond(Encoding.UTF8.GetBytes(Final(Encoding.UTF8.GetString(challenge.Data.Span))));
    }
}
