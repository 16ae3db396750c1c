using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Commands;

/// <summary>SCRAM keys as text: <c>SCRAM-SHA-256:iterations:salt:storedKey:serverKey</c>, the last three in base64; several are joined by ";".</summary>
public static class ScramKeyText
{
    public static string Format(IEnumerable<ScramKeys> keys) => string.Join(';', keys.Select(static key => string.Create(
        CultureInfo.InvariantCulture,
        $"{key.Hash.ToMechanism()}:{key.Iterations}:{Convert.ToBase64String(key.Salt.Span)}:{Convert.ToBase64String(key.StoredKey.Span)}:{Convert.ToBase64String(key.ServerKey.Span)}")));

    /// <summary>Reads one or more; false when any is malformed, of an unknown mechanism, of the wrong length, or when two are of one hash.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IReadOnlyList<ScramKeys>? keys)
    {
        keys = null;
        var read = new List<ScramKeys>();
        foreach (string one in text.Split(';', StringSplitOptions.TrimEntries))
        {
            string[] parts = one.Split(':');
            if (parts.Length != 5
                || !ScramHashes.TryParseMechanism(parts[0], out ScramHash hash, out bool plus) || plus || read.Any(key => key.Hash == hash)
                || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int iterations) || iterations < 1
                || !TryBase64(parts[2], out byte[]? salt) || salt.Length == 0
                || !TryBase64(parts[3], out byte[]? stored) || stored.Length != hash.Length()
                || !TryBase64(parts[4], out byte[]? server) || server.Length != hash.Length())
            {
                return false;
            }
            read.Add(new ScramKeys(hash, iterations, salt, stored, server));
        }
        keys = read;
        return true;
    }

    private static bool TryBase64(string text, [NotNullWhen(true)] out byte[]? data) => StrictBase64.TryDecode(Encoding.UTF8.GetBytes(text), out data);
}
