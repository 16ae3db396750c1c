using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence.Watching;

namespace PresenceXml.Server.Modules.Watching;

/// <summary>What of a list is asked for: since when, and which page (XEP-0059 1.0).</summary>
/// <param name="Since">Only who was heard of since then; null: all.</param>
/// <param name="Max">At most so many.</param>
/// <param name="After">Behind this one.</param>
/// <param name="Before">Before this one; empty: the last page.</param>
internal sealed record WatcherPage(DateTimeOffset? Since, int Max, string? After, string? Before)
{
    private const string RsmNs = "http://jabber.org/protocol/rsm";

    // Some 400 bytes each: such a page fits into a stanza.
    private const int LargestPage = 250;

    public static readonly WatcherPage Everything = new(null, LargestPage, null, null);

    /// <summary>Null: what was asked makes no sense.</summary>
    public static WatcherPage? Read(Element payload)
    {
        DateTimeOffset? since = null;
        if (payload["since"] is { } text)
        {
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time))
                return null;
            since = time;
        }
        if (payload.Child(RsmNs, "set") is not { } set)
            return Everything with { Since = since };
        int max = LargestPage;
        if (set.Child(RsmNs, "max") is { } most && !int.TryParse(most.Text, NumberStyles.None, CultureInfo.InvariantCulture, out max))
            return null;
        string? after = set.Child(RsmNs, "after")?.Text;
        string? before = set.Child(RsmNs, "before")?.Text;
        return after is not null && before is not null ? null : new WatcherPage(since, Math.Min(max, LargestPage), after, before);
    }

    /// <summary>Null: there is no such watcher to page from (any more).</summary>
    public Element? Answer(Jid presentity, WatcherList list, DateTimeOffset now)
    {
        WatcherEntry[] all = [.. list.Entries.Where(entry => Since is not { } since || entry.Record.Last >= since)];
        int start = 0;
        int end = all.Length;
        if (After is { Length: > 0 })
            start = Array.FindIndex(all, entry => entry.Id == After) + 1;
        else if (Before is { Length: > 0 })
            end = Array.FindIndex(all, entry => entry.Id == Before);
        if ((After is { Length: > 0 } && start == 0) || end < 0)
            return null;
        if (Before is not null)
            start = Math.Max(0, end - Max);
        else
            end = Math.Min(end, start + Max);
        WatcherEntry[] page = all[start..end];
        bool isLast = end == all.Length && Max > 0;
        return new Element(
            Watchers.Ns, "watchers",
            list.Dropped > 0 ? new XmlAttribute("dropped", list.Dropped.ToString(CultureInfo.InvariantCulture)) : null,
            WatcherDocument.Write(
                presentity, list.Version, isFull: true,
                [.. page.Select(entry => WatcherDocument.Write(entry, now)), .. isLast && list.Hidden > 0 ? (Element[])[WatcherDocument.Hidden(list.Hidden)] : []]),
            new Element(
                RsmNs, "set",
                page.Length > 0 ? new Element(RsmNs, "first", new XmlAttribute("index", start.ToString(CultureInfo.InvariantCulture)), page[0].Id) : null,
                page.Length > 0 ? new Element(RsmNs, "last", page[^1].Id) : null,
                new Element(RsmNs, "count", all.Length.ToString(CultureInfo.InvariantCulture))));
    }

    /// <summary>When, in words.</summary>
    public static string Time(DateTimeOffset time) => time <= DateTimeOffset.UnixEpoch ? "" : DateTimeProfile.ToSeconds(time);
}
