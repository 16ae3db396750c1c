using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PresenceXml.Protocol.Sasl;

/// <summary>The client's first message (RFC 5802 §7, <c>client-first-message</c>), taken apart.</summary>
/// <param name="BindingFlag">The GS2 flag: <c>n</c>, <c>y</c> or <c>p</c>.</param>
/// <param name="BindingType">What follows <c>p=</c>; null otherwise.</param>
/// <param name="AuthorizationId">The decoded authzid; null when there is none.</param>
/// <param name="Header">The GS2 header as it came, both commas included.</param>
/// <param name="Bare">The message without the header, as it came.</param>
/// <param name="Username">The decoded name.</param>
/// <param name="Nonce">The client's part of the nonce.</param>
internal sealed record ScramClientFirst(char BindingFlag, string? BindingType, string? AuthorizationId, string Header, string Bare, string Username, string Nonce)
{
    private static readonly SearchValues<char> BindingNameChars = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Parses; false when the message violates the syntax or asks for a mandatory extension.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, [NotNullWhen(true)] out ScramClientFirst? first)
    {
        first = null;
        if (!TryText(message, out string? text)) return false;
        int flagEnd = text.IndexOf(',', StringComparison.Ordinal);
        int headerEnd = flagEnd < 0 ? -1 : text.IndexOf(',', flagEnd + 1);
        if (headerEnd < 0) return false;

        string flag = text[..flagEnd];
        string? bindingType = null;
        if (flag.StartsWith("p=", StringComparison.Ordinal))
        {
            bindingType = flag[2..];
            if (bindingType.Length == 0 || bindingType.AsSpan().ContainsAnyExcept(BindingNameChars)) return false;
        }
        else if (flag is not ("n" or "y"))
        {
            return false;
        }

        string authzid = text[(flagEnd + 1)..headerEnd];
        string? authorizationId = null;
        if (authzid.Length > 0 && !(authzid.StartsWith("a=", StringComparison.Ordinal) && TryUnescape(authzid[2..], out authorizationId))) return false;

        string bare = text[(headerEnd + 1)..];
        string[] attributes = bare.Split(',');
        // RFC 5802 §5.1: a mandatory extension (m=) that is not understood must fail the exchange; it would stand first.
        if (attributes.Length < 2
            || !attributes[0].StartsWith("n=", StringComparison.Ordinal) || !TryUnescape(attributes[0][2..], out string? username)
            || !attributes[1].StartsWith("r=", StringComparison.Ordinal) || !IsNonce(attributes[1].AsSpan(2))
            || !AreExtensions(attributes.AsSpan(2)))
        {
            return false;
        }
        first = new ScramClientFirst(flag[0], bindingType, authorizationId, text[..(headerEnd + 1)], bare, username, attributes[1][2..]);
        return true;
    }

    /// <summary>Strict UTF-8 without NUL (RFC 5802 §7, <c>value-char</c>).</summary>
    internal static bool TryText(ReadOnlySpan<byte> message, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (message.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(message)) return false;
        text = Utf8.GetString(message);
        return true;
    }

    /// <summary>Further attributes are ignored if they have the form of one, are not <c>m</c>, and so are not mandatory.</summary>
    internal static bool AreExtensions(ReadOnlySpan<string> attributes)
    {
        foreach (string attribute in attributes)
        {
            if (attribute.Length < 3 || !char.IsAsciiLetter(attribute[0]) || attribute[1] != '=' || attribute[0] == 'm') return false;
        }
        return true;
    }

    private static bool IsNonce(ReadOnlySpan<char> nonce) => nonce.Length > 0 && !nonce.ContainsAnyExceptInRange('!', '~');

    /// <summary>RFC 5802 §5.1: <c>=2C</c> is a comma, <c>=3D</c> is an equals sign, any other <c>=</c> is an error.</summary>
    private static bool TryUnescape(string escaped, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (escaped.Length == 0) return false;
        var result = new StringBuilder(escaped.Length);
        for (int at = 0; at < escaped.Length; at++)
        {
            if (escaped[at] != '=')
            {
                result.Append(escaped[at]);
                continue;
            }
            ReadOnlySpan<char> code = escaped.AsSpan(at + 1);
            if (code.StartsWith("2C", StringComparison.Ordinal)) result.Append(',');
            else if (code.StartsWith("3D", StringComparison.Ordinal)) result.Append('=');
            else return false;
            at += 2;
        }
        name = result.ToString();
        return true;
    }
}
