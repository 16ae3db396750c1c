using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace PresenceXml.Protocol.Sasl;

/// <summary>
/// Base64 as RFC 6120 §13.9.1 and RFC 5802 §5.1 want it read: only the alphabet of RFC 4648 §4, whole quartets, padding only where it
/// belongs, no white space, no bits left over. The library's decoders skip white space and so cannot be used alone.
/// </summary>
public static class StrictBase64
{
    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    /// <summary>Decodes; false when the text is not strict. Empty text is empty data.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, [NotNullWhen(true)] out byte[]? data)
    {
        data = null;
        if (text.Length % 4 != 0) return false;
        ReadOnlySpan<byte> body = text.EndsWith("=="u8) ? text[..^2] : text.EndsWith("="u8) ? text[..^1] : text;
        if (body.ContainsAnyExcept(Alphabet)) return false;
        int length = body.Length / 4 * 3 + (body.Length % 4) switch { 0 => 0, 2 => 1, _ => 2 };
        byte[] decoded = new byte[length];
        if (Base64.DecodeFromUtf8(text, decoded, out _, out int written) != OperationStatus.Done || written != length) return false;

        // RFC 4648 §3.5: bits beyond the data must be zero, or one value would have several spellings.
        if (body.Length % 4 != 0)
        {
            byte[] again = new byte[text.Length];
            Base64.EncodeToUtf8(decoded, again, out _, out _);
            if (!text.SequenceEqual(again)) return false;
        }
        data = decoded;
        return true;
    }
}
