using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>A name in the DNS, in lower case and without the last dot: two are equal when the DNS holds them for the same (RFC 4343).</summary>
internal sealed record DnsName
{
    /// <summary>The longest name on the wire, lengths of labels and the root included (RFC 1035 §2.3.4).</summary>
    public const int MaxOctets = 255;

    /// <summary>The longest label (RFC 1035 §2.3.4).</summary>
    public const int MaxLabelOctets = 63;

    private DnsName(string text, bool isHost)
    {
        Text = text;
        IsHost = isHost;
    }

    /// <summary>The root, written "."; as the target of an SRV record: the service is not offered here (RFC 2782).</summary>
    public static DnsName Root { get; } = new("", false);

    /// <summary>Octets no host has are escaped (<c>\.</c>, <c>\032</c>, RFC 1035 §5.1). Empty for the root.</summary>
    public string Text { get; }

    /// <summary>True when it consists of letters, digits, hyphens and underscores, so that it can be asked for and be a host's.</summary>
    public bool IsHost { get; }

    public override string ToString() => Text.Length == 0 ? "." : Text;

    /// <summary>Equal or below: <c>a.b</c> is in <c>b</c>.</summary>
    public bool IsIn(string zone) =>
        Text.EndsWith(zone, StringComparison.Ordinal) && (Text.Length == zone.Length || Text[Text.Length - zone.Length - 1] == '.');

    /// <summary>Reads a name as people and <see cref="Text"/> write it, one dot at its end allowed; false for what <see cref="IsHost"/> is false of.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        if (text.EndsWith('.')) text = text[..^1];
        // Each label takes an octet more than its letters, and the root one: two more than the text has.
        if (text.Length is 0 or > MaxOctets - 2) return false;
        foreach (Range label in text.AsSpan().Split('.'))
        {
            ReadOnlySpan<char> letters = text.AsSpan()[label];
            if (letters.Length is 0 or > MaxLabelOctets) return false;
            foreach (char letter in letters)
                if (!IsPlain(letter)) return false;
        }
        name = new DnsName(text.ToLowerInvariant(), true);
        return true;
    }

    /// <summary>The name with further labels in front; false when it is too long.</summary>
    public bool TryPrepend(string labels, [NotNullWhen(true)] out DnsName? name) => TryParse($"{labels}.{Text}", out name);

    /// <summary>From the labels of a message, uncompressed, without the root's.</summary>
    internal static DnsName OfLabels(ReadOnlySpan<byte> labels)
    {
        if (labels.IsEmpty) return Root;
        bool isHost = true;
        var text = new StringBuilder(labels.Length);
        while (!labels.IsEmpty)
        {
            if (text.Length > 0) text.Append('.');
            foreach (byte octet in labels[1..(1 + labels[0])])
            {
                char letter = char.ToLowerInvariant((char)octet);
                if (octet < 0x80 && IsPlain(letter))
                {
                    text.Append(letter);
                    continue;
                }
                isHost = false;
                if (octet is (byte)'.' or (byte)'\\') text.Append('\\').Append((char)octet);
                else if (octet is > (byte)' ' and < 0x7F) text.Append((char)octet);
                else text.Append('\\').Append(octet.ToString("D3", System.Globalization.CultureInfo.InvariantCulture));
            }
            labels = labels[(1 + labels[0])..];
        }
        return new DnsName(text.ToString(), isHost);
    }

    private static bool IsPlain(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_';
}
