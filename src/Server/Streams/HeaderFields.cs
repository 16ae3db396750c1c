using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using PresenceXml.Protocol;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams;

/// <summary>How single attributes of a stream header are read and made, of clients and servers alike (RFC 6120 §4.7).</summary>
internal static class HeaderFields
{
    private const int LongestLanguage = 35;   // RFC 5646 §4.4.1
    private static readonly SearchValues<char> LanguageCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>A stream's name: unique and unpredictable (RFC 6120 §4.7.3).</summary>
    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>
    /// The domain a header's <c>to</c> names. COMPAT: a header without <c>to</c> means the only domain there is; where there are
    /// several it means none.
    /// </summary>
    /// <param name="to">As it came.</param>
    /// <param name="domains">Ours.</param>
    /// <param name="domain">What it names.</param>
    /// <param name="withComponents">True where a component's domain will do: servers send to those, clients do not log in to them.</param>
    public static bool TryFind(string? to, LocalDomains domains, [NotNullWhen(true)] out string? domain, bool withComponents = false)
    {
        domain = to is null
            ? domains.All.Count == 1 ? domains.All[0].Domain : null
            : Jid.TryParse(to, out Jid? asked) && asked is { HasLocal: false, IsBare: true } && (withComponents ? domains.Serves(asked) : domains.IsLocal(asked)) ? asked.Domain : null;
        return domain is not null;
    }

    /// <summary>Reads "major.minor" as two integers (RFC 6120 §4.7.5).</summary>
    /// <param name="version">As it came.</param>
    /// <param name="old">True when it means a version before 1.0.</param>
    public static bool TryVersion(string? version, out bool old)
    {
        old = version is null;
        if (version is null) return true;
        int dot = version.IndexOf('.');
        if (dot < 0
            || !int.TryParse(version.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            || !int.TryParse(version.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)) return false;
        old = major == 0;
        return true;
    }

    /// <summary>A language tag that may be repeated; null for what is none.</summary>
    public static string? Language(string? lang) =>
        lang is { Length: > 0 and <= LongestLanguage } && !lang.AsSpan().ContainsAnyExcept(LanguageCharacters) ? lang : null;
}
