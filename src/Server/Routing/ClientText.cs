using System.Globalization;
using System.Text;

namespace PresenceXml.Server.Routing;

/// <summary>What clients say of themselves, as it may be shown to people, also on terminals.</summary>
internal static class ClientText
{
    private const int Longest = 200;

    /// <summary>No control characters, none that turn the writing around, and not too long; "" for nothing.</summary>
    public static string Shown(string? text)
    {
        var shown = new StringBuilder();
        foreach (Rune rune in (text ?? "").EnumerateRunes())
        {
            if (shown.Length >= Longest)
                break;
            shown.Append(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? " " : rune.ToString());
        }
        return shown.ToString().Trim();
    }
}
