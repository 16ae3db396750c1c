using System.Text;

namespace PresenceXml.Protocol.Xml;

/// <summary>
/// Turns the bytes of names into strings without making one for each occurrence: a frozen table of what XMPP usually says, shared by
/// all, and beside it a few places per stream where a newcomer replaces an older one, so that no peer can make it grow.
/// </summary>
internal sealed class NameTable
{
    private const int Places = 32;
    private const int LongestKept = 96;

    private static readonly string[] Frozen = Freeze();

    private string?[]? recent;

    /// <summary>The string for these bytes if it is a usual one, else null.</summary>
    public static string? Known(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return "";
        for (uint place = Hash(utf8); ; place++)
        {
            string candidate = Frozen[place % (uint)Frozen.Length];
            if (candidate.Length == 0) return null;
            if (Ascii.Equals(utf8, candidate)) return candidate;
        }
    }

    /// <summary>The string for these bytes.</summary>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (Known(utf8) is { } known) return known;
        if (utf8.Length > LongestKept) return Encoding.UTF8.GetString(utf8);
        recent ??= new string?[Places];
        ref string? place = ref recent[Hash(utf8) % Places];
        if (place is null || !Same(utf8, place)) place = Encoding.UTF8.GetString(utf8);
        return place;
    }

    /// <summary>True when the bytes are this text.</summary>
    public static bool Same(ReadOnlySpan<byte> utf8, string text)
    {
        if (utf8.Length == text.Length) return Ascii.Equals(utf8, text);
        // In UTF-8 only text beyond ASCII has more bytes than it has UTF-16 units.
        return utf8.Length > text.Length && utf8.Length <= text.Length * 3 && Encoding.UTF8.GetByteCount(text) == utf8.Length
            && Encoding.UTF8.GetString(utf8) == text;
    }

    /// <summary>Spreads the usual names well; nothing depends on it against a hostile peer, see <see cref="Places"/>.</summary>
    private static uint Hash(ReadOnlySpan<byte> utf8)
    {
        uint hash = (uint)utf8.Length;
        int step = 1 + utf8.Length / 16;
        for (int i = utf8.Length - 1; i >= 0; i -= step) hash = (hash ^ utf8[i]) * 16777619;
        return hash ^ hash >> 15;
    }

    private static string[] Freeze()
    {
        var table = new string[2048];
        Array.Fill(table, "");
        foreach (string name in UsualNames.All)
        {
            uint place = Hash(Encoding.ASCII.GetBytes(name)) % (uint)table.Length;
            while (table[place].Length > 0 && table[place] != name) place = (place + 1) % (uint)table.Length;
            table[place] = name;
        }
        return table;
    }
}
