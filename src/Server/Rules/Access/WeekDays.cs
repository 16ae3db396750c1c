using System.Collections.Immutable;

namespace PresenceXml.Server.Rules.Access;

/// <summary>Days of the week as rules have them: <c>mon-fri</c>, <c>sat sun</c>; none named: all.</summary>
internal static class WeekDays
{
    private static readonly string[] Names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <exception cref="RuleFormatException">A day is not known.</exception>
    public static ImmutableHashSet<DayOfWeek> Read(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return [.. Enum.GetValues<DayOfWeek>()];
        ImmutableHashSet<DayOfWeek>.Builder days = ImmutableHashSet.CreateBuilder<DayOfWeek>();
        foreach (string part in text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            int first = Day(ends[0]), last = Day(ends[^1]);
            if (ends.Length > 2)
                throw new RuleFormatException($"\"{part}\" is no span of days");
            for (int day = first; ; day = (day + 1) % 7)
            {
                days.Add((DayOfWeek)day);
                if (day == last)
                    break;
            }
        }
        return days.ToImmutable();
    }

    private static int Day(string name) =>
        Array.IndexOf(Names, name.ToLowerInvariant()) is >= 0 and int day ? day : throw new RuleFormatException($"\"{name}\" is no day; days are mon, tue, wed, thu, fri, sat, sun");
}
