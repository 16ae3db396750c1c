using System.Globalization;
using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>What of one hash's keys shows from outside: by the SCRAM challenge, or by the time PLAIN takes.</summary>
/// <param name="Hash">The hash.</param>
/// <param name="Iterations">The iteration count.</param>
/// <param name="SaltBytes">Octets of the salt.</param>
/// <param name="SaltIsUuid">True when the salt is the text of a UUID, as Prosody makes them.</param>
internal readonly record struct KeyForm(ScramHash Hash, int Iterations, int SaltBytes, bool SaltIsUuid)
{
    private const int UuidLength = 36;

    // Within what HKDF can derive, and far longer than anybody makes them.
    private const int LongestSalt = 4096;

    public static KeyForm Of(ScramKeys keys) =>
        new(keys.Hash, keys.Iterations, Math.Min(keys.Salt.Length, LongestSalt), keys.Salt.Length == UuidLength && Guid.TryParseExact(Encoding.Latin1.GetString(keys.Salt.Span), "D", out _));

    /// <summary>Keys of this form that no password belongs to.</summary>
    public ScramKeys Fake(byte[] secret, string name)
    {
        ScramKeys fake = ScramKeys.Fake(secret, name, Hash, Iterations, SaltBytes);
        return SaltIsUuid ? fake with { Salt = UuidText(fake.Salt.Span[..16]) } : fake;
    }

    /// <summary>RFC 9562 §5.4: a random UUID has its version and variant at fixed places.</summary>
    private static byte[] UuidText(ReadOnlySpan<byte> random)
    {
        byte[] octets = random.ToArray();
        octets[6] = (byte)((octets[6] & 0x0F) | 0x40);
        octets[8] = (byte)((octets[8] & 0x3F) | 0x80);
        return Encoding.ASCII.GetBytes(new Guid(octets, bigEndian: true).ToString("D", CultureInfo.InvariantCulture));
    }
}
