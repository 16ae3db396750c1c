using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PresenceXml.Protocol.Sasl;

/// <summary>The client's final message (RFC 5802 §7, <c>client-final-message</c>), taken apart.</summary>
/// <param name="Binding">The decoded <c>c=</c>: the GS2 header and the channel binding data.</param>
/// <param name="Nonce">The whole nonce.</param>
/// <param name="WithoutProof">The message up to the comma in front of the proof, as it came.</param>
/// <param name="Proof">The decoded <c>p=</c>.</param>
internal sealed record ScramClientFinal(byte[] Binding, string Nonce, string WithoutProof, byte[] Proof)
{
    /// <summary>Parses; false when the message violates the syntax.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, [NotNullWhen(true)] out ScramClientFinal? final)
    {
        final = null;
        if (!ScramClientFirst.TryText(message, out string? text)) return false;
        string[] attributes = text.Split(',');
        if (attributes.Length < 3
            || !TryBase64(attributes[0], "c=", out byte[]? binding)
            || !attributes[1].StartsWith("r=", StringComparison.Ordinal)
            || !ScramClientFirst.AreExtensions(attributes.AsSpan(2..^1))
            || !TryBase64(attributes[^1], "p=", out byte[]? proof))
        {
            return false;
        }
        final = new ScramClientFinal(binding, attributes[1][2..], text[..text.LastIndexOf(',')], proof);
        return true;
    }

    private static bool TryBase64(string attribute, string prefix, [NotNullWhen(true)] out byte[]? data)
    {
        data = null;
        return attribute.StartsWith(prefix, StringComparison.Ordinal) && attribute.Length > prefix.Length
            && StrictBase64.TryDecode(Encoding.UTF8.GetBytes(attribute, prefix.Length, attribute.Length - prefix.Length), out data);
    }
}
