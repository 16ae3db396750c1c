using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules;

/// <summary>Which page of a result set is asked for (XEP-0059 1.0).</summary>
/// <param name="Max">The most items; null when the client leaves it to us.</param>
/// <param name="Before">The item behind the page; null when there is none.</param>
/// <param name="After">The item in front of the page; null when there is none.</param>
/// <param name="IsFromEnd">True for a page that ends at <paramref name="Before"/>, or is the last one (§2.3, §2.5).</param>
internal sealed record PageRequest(int? Max, string? Before, string? After, bool IsFromEnd)
{
    public const string Ns = "http://jabber.org/protocol/rsm";

    private static readonly PageRequest First = new(null, null, null, false);

    /// <summary>The last page, of so many.</summary>
    public static PageRequest Latest(int max) => new(max, null, null, true);

    /// <summary>Reads the <c>set</c> of a query. An error when it is not in order.</summary>
    public static StanzaError? Read(Element query, out PageRequest page)
    {
        page = First;
        Element[] sets = [.. query.Children.Where(child => child.Is(Ns, "set"))];
        if (sets.Length == 0)
            return null;
        if (sets.Length > 1 || sets[0].Children.GroupBy(child => child.Name).Any(group => group.Count() > 1))
            return Bad("One set, and each of its elements once.");
        Element set = sets[0];
        int? max = null;
        if (set.Child(Ns, "max")?.Text is { } number)
        {
            if (number.Length == 0 || number.Any(digit => !char.IsAsciiDigit(digit)))
                return Bad("max is a number that is not negative.");
            // More than a page ever holds is as good as the largest page.
            max = int.TryParse(number, System.Globalization.CultureInfo.InvariantCulture, out int read) ? read : int.MaxValue;
        }
        // §2.6: nothing here knows its number without counting.
        if (set.Child(Ns, "index") is not null)
            return StanzaError.FeatureNotImplemented with { Text = "Pages are found by id, not by index." };
        string? before = set.Child(Ns, "before")?.Text, after = set.Child(Ns, "after")?.Text;
        // XEP-0313 §4.3.2: RSM does not define both together.
        if (before is not null && after is not null)
            return Bad("before and after exclude each other; a range is before-id and after-id of the form.");
        page = new PageRequest(max, Known(before), Known(after), before is not null);
        return null;
    }

    private static string? Known(string? id) => id is "" ? null : id;

    private static StanzaError Bad(string text) => StanzaError.BadRequest with { Text = text };
}
