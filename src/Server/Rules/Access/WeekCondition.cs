using System.Collections.Immutable;

namespace PresenceXml.Server.Rules.Access;

/// <summary>
/// On these days of the week, from one time of day up to another, by the clocks of a time zone. A window that ends before it begins ends on the
/// next day, and belongs to the day on which it began; one that ends when it begins is the whole day.
/// </summary>
internal sealed record WeekCondition(ImmutableHashSet<DayOfWeek> Days, TimeOnly From, TimeOnly To, TimeZoneInfo Zone) : AccessCondition
{
    public override bool Holds(in AccessQuestion question)
    {
        DateTime there = TimeZoneInfo.ConvertTime(question.Time, Zone).DateTime;
        var time = TimeOnly.FromDateTime(there);
        DayOfWeek today = there.DayOfWeek, yesterday = there.AddDays(-1).DayOfWeek;
        if (From < To)
            return Days.Contains(today) && From <= time && time < To;
        return (Days.Contains(today) && time >= From) || (Days.Contains(yesterday) && time < To);
    }

    // The clocks of the place show one of the two times, or midnight (a day may begin that counts or does not); and they may be moved, on a day that nobody
    // marks here: so never later than in an hour.
    public override DateTimeOffset? NextChange(DateTimeOffset after)
    {
        DateTimeOffset there = TimeZoneInfo.ConvertTime(after, Zone);
        DateTimeOffset next = after.AddHours(1);
        foreach (TimeOnly edge in (ReadOnlySpan<TimeOnly>)[From, To, TimeOnly.MinValue])
        {
            TimeSpan until = edge.ToTimeSpan() - there.TimeOfDay;
            if (until <= TimeSpan.Zero)
                until += TimeSpan.FromDays(1);
            if (after + until < next)
                next = after + until;
        }
        return next;
    }
}
