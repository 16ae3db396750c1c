using System.Globalization;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>It comes within a window of the week. One that ends before it begins goes on past midnight, and its day is the one it began on.</summary>
/// <param name="Days">As they were written.</param>
/// <param name="Mask">Bit 0 is Sunday.</param>
/// <param name="From">When it begins.</param>
/// <param name="To">When it has ended; the same as <paramref name="From"/>: a day later.</param>
/// <param name="Zone">By whose clock.</param>
internal sealed record TimeTest(string? Days, int Mask, TimeOnly From, TimeOnly To, TimeZoneInfo Zone) : DeliveryTest
{
    private static readonly string[] Names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        DateTimeOffset now = TimeZoneInfo.ConvertTime(question.Surroundings.Now, Zone);
        var time = TimeOnly.FromTimeSpan(now.TimeOfDay);
        int day = (int)now.DayOfWeek;
        if (From < To)
            return IsOn(day) && time >= From && time < To;
        return (IsOn(day) && time >= From) || (IsOn((day + 6) % 7) && time < To);
    }

    public override Element ToElement() => Element("time", ("days", Days), ("from", Write(From)), ("to", Write(To)), ("tz", Zone.Id));

    public bool Equals(TimeTest? other) =>
        other is not null && Days == other.Days && Mask == other.Mask && From == other.From && To == other.To && Zone.Id == other.Zone.Id;

    public override int GetHashCode() => HashCode.Combine(Mask, From, To, Zone.Id);

    /// <summary><c>mon-fri sun</c>: days and ranges of days. A range may go over the end of the week.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static int ReadDays(string days)
    {
        int mask = 0;
        foreach (string part in days.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            int first = Array.IndexOf(Names, ends[0]), last = Array.IndexOf(Names, ends[^1]);
            if (first < 0 || last < 0 || ends.Length > 2)
                throw new FormatException($"\"{part}\" is no day and no range of days (mon, mon-fri)");
            for (int day = first; ; day = (day + 1) % 7)
            {
                mask |= 1 << day;
                if (day == last)
                    break;
            }
        }
        return mask == 0 ? throw new FormatException("days names no day") : mask;
    }

    private bool IsOn(int day) => (Mask & (1 << day)) != 0;

    private static string Write(TimeOnly time) => time.ToString("HH:mm", CultureInfo.InvariantCulture);
}
