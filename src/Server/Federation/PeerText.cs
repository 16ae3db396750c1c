using System.Globalization;
using System.Text;

namespace PresenceXml.Server.Federation;

/// <summary>What others wrote, fit for people and logs.</summary>
internal static class PeerText
{
    /// <summary>Without control characters or what turns the direction of writing, and not too long: what it says cannot look like lines of ours, nor fill a log or the memory.</summary>
    public static string Printable(string text, int length)
    {
        if (text.Length <= length && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        var kept = new StringBuilder();
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, length)))
            kept.Append(char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? '?' : c);
        if (text.Length > length) kept.Append('…');
        return kept.ToString();
    }
}
