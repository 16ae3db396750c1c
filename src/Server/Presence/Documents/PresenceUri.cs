using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>Communication addresses as URIs (RFC 3986; RFC 5122 for xmpp, RFC 3860 for im, RFC 3859 for pres).</summary>
internal static class PresenceUri
{
    // Longer ones are no address that somebody could use.
    private const int MaxLength = 1024;

    private static readonly SearchValues<char> Never = SearchValues.Create(" \t\r\n<>\"");

    // What a client that makes a link of it would run, show or open on its own machine: no way to reach anybody.
    private static readonly FrozenSet<string> NoMeans = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "about", "blob", "data", "file", "filesystem", "javascript", "jar", "vbscript", "view-source");

    /// <summary>The URI of an address of ours.</summary>
    public static string Of(string scheme, Jid address)
    {
        string uri = $"{scheme}:{Escape(address.Local)}@{address.Domain}";
        return address.Resource is { } resource && scheme == "xmpp" ? $"{uri}/{Escape(resource)}" : uri;
    }

    /// <summary>True for an absolute URI that has a scheme, by which somebody might be reached, and something behind it.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out string? uri)
    {
        uri = null;
        text = text?.Trim();
        if (text is null || text.Length is 0 or > MaxLength || !Uri.TryCreate(text, UriKind.Absolute, out Uri? parsed))
            return false;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        // "/etc/passwd" is an absolute URI to the library.
        if (colon < 1 || colon + 1 == text.Length || !text[..colon].Equals(parsed.Scheme, StringComparison.OrdinalIgnoreCase) || text.AsSpan().ContainsAny(Never) || NoMeans.Contains(text[..colon]))
            return false;
        uri = text;
        return true;
    }

    private static string Escape(string? text) => Uri.EscapeDataString(text ?? "");
}
