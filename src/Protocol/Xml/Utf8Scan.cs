using System.Text;
using System.Text.Unicode;

namespace PresenceXml.Protocol.Xml;

/// <summary>Checks that bytes are UTF-8 (RFC 3629) and no U+FFFE or U+FFFF, across any cut. Eight bytes of state.</summary>
internal struct Utf8Scan
{
    private byte need;
    private byte low;
    private byte high;

    /// <summary>How much of EF BF, with which U+FFFE and U+FFFF begin, stands before the next byte.</summary>
    private byte noncharacter;

    /// <summary>True in the middle of a character.</summary>
    public readonly bool IsCut => need > 0;

    /// <summary>Takes a run of bytes; the run may begin and end in the middle of a character.</summary>
    /// <exception cref="Streams.StreamException">Not UTF-8, or a character that XML does not allow; whichever comes first.</exception>
    public void Run(ReadOnlySpan<byte> run)
    {
        while (need > 0)
        {
            if (run.IsEmpty) return;
            Step(run[0]);
            run = run[1..];
        }
        if (Ascii.IsValid(run)) return;
        ReadOnlySpan<byte> whole = run[..^CutLength(run)];
        if (!Utf8.IsValid(whole) || whole.IndexOf("\uFFFE"u8) >= 0 || whole.IndexOf("\uFFFF"u8) >= 0) whole = [];
        // What is cut at the end, or everything when there is a fault in it: then this finds the first one.
        foreach (byte b in run[whole.Length..]) Step(b);
    }

    /// <summary>The length of an unfinished character at the end.</summary>
    private static int CutLength(ReadOnlySpan<byte> run)
    {
        for (int back = 1; back <= 3 && back <= run.Length; back++)
        {
            byte b = run[^back];
            if (b < 0x80) return 0;
            if (b >= 0xC0) return back < (b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2) ? back : 0;
        }
        return 0;
    }

    private void Step(byte b)
    {
        if (need == 0)
        {
            if (b < 0x80) return;
            if (b is < 0xC2 or > 0xF4) throw XmlFault.Encoding();
            need = (byte)(b < 0xE0 ? 1 : b < 0xF0 ? 2 : 3);
            low = b switch { 0xE0 => 0xA0, 0xF0 => 0x90, _ => 0x80 }; // no overlong forms
            high = b switch { 0xED => 0x9F, 0xF4 => 0x8F, _ => 0xBF }; // no surrogates, nothing beyond U+10FFFF
            noncharacter = b == 0xEF ? (byte)1 : (byte)0;
            return;
        }
        if (b < low || b > high) throw XmlFault.Encoding();
        if (noncharacter == 2 && b >= 0xBE) throw XmlFault.NotWellFormed("illegal character");
        noncharacter = noncharacter == 1 && b == 0xBF ? (byte)2 : (byte)0;
        need--;
        low = 0x80;
        high = 0xBF;
    }
}
