using System.Globalization;
using System.Text;

namespace PresenceXml.Server.Modules.Watching;

/// <summary>XEP-0106: JID Escaping 1.1: what cannot stand in a localpart as it is.</summary>
internal static class Escaping
{
    private const string Escaped = " \"&'/:<>@\\";

    /// <summary>The text that a localpart stands for. A backslash that begins none of the ten escapes is itself (§4.4).</summary>
    public static string Unescape(string local)
    {
        if (!local.Contains('\\', StringComparison.Ordinal))
            return local;
        var text = new StringBuilder(local.Length);
        for (int i = 0; i < local.Length; i++)
        {
            if (local[i] == '\\' && i + 2 < local.Length
                && byte.TryParse(local.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte code)
                && Escaped.Contains((char)code, StringComparison.Ordinal))
            {
                text.Append((char)code);
                i += 2;
            }
            else
            {
                text.Append(local[i]);
            }
        }
        return text.ToString();
    }
}
