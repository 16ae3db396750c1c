using System.Globalization;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Watching;

namespace PresenceXml.Server.Modules.Watching;

/// <summary>Watcher information in words, for commands and contacts.</summary>
internal static class WatcherWords
{
    public static string Number(long number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    /// <summary>One line: how many, and who was the last.</summary>
    public static string Line(WatcherList list)
    {
        int pollers = list.Entries.Count(static entry => entry.Record.IsPoller);
        string line = Number(list.Entries.Count + list.Hidden, "watcher");
        if (pollers > 0)
            line += ", " + Number(pollers, "poller");
        // The moment of a broadcast is the owner's own doing: who did something himself is of interest.
        if (list.Entries.OrderByDescending(static entry => entry.Record.Last).FirstOrDefault(static entry => entry.Record.Last > DateTimeOffset.UnixEpoch) is { } last)
            line += string.Create(CultureInfo.InvariantCulture, $", last: {last.Record.Watcher.Local ?? last.Record.Watcher.Domain} {last.Record.Last.UtcDateTime:HH:mm} UTC");
        return line;
    }

    /// <summary>The summary and the first watchers, a line each, for clients that show no tables.</summary>
    public static string Text(WatcherList list, Presentity presentity, int days, int mostLines)
    {
        IEnumerable<string> lines = list.Entries.Take(mostLines).Select(Line).Prepend(Summary(list, presentity, days));
        return string.Join('\n', list.Entries.Count > mostLines ? lines.Append($"… and {list.Entries.Count - mostLines} more.") : lines);
    }

    public static string Summary(WatcherList list, Presentity presentity, int days)
    {
        string text = $"{Line(list)}. Listed for {Number(days, "day")}.";
        if (list.Hidden > 0)
            text += $" {Number(list.Hidden, "watcher")} of these do not say who they are.";
        return list.Dropped > 0 ? $"{text} {Number(list.Dropped, "stranger")} were forgotten since there were too many." : text;
    }

    public static string Remarks(WatcherEntry entry)
    {
        WatcherRecord record = entry.Record;
        string?[] remarks =
        [
            record.Interval is { } interval && entry.Shown == Rules.Visibility.Full ? $"asks every {Number((long)Math.Round(interval.TotalSeconds), "second")}" : null,
            record.Cycles > 0 ? $"took it back {Number(record.Cycles, "time")}" : null,
            record.IsRefused ? "got nothing" : null,
            entry.IsPolite ? "believes you are off" : null,
            WatcherDocument.WordOf(record.Strength) is "dialback" ? "identity only by dialback" : null,
        ];
        return string.Join(", ", remarks.Where(static remark => remark is not null));
    }

    /// <summary>One line for one watcher.</summary>
    public static string Line(WatcherEntry entry)
    {
        string remarks = Remarks(entry);
        return $"{entry.Record.Watcher}: {entry.Kind}, {WatcherDocument.StatusOf(entry.Record)}, {WatcherPage.Time(entry.Record.Last)}{(remarks.Length > 0 ? ", " + remarks : "")}";
    }
}
