using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>The form watchers are stored in: a small element each. What is at its default is left out.</summary>
internal static class WatcherForm
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static byte[] Write(WatcherRecord record) => Encoding.UTF8.GetBytes(new Element(
        "", "watcher",
        new XmlAttribute("jid", record.Watcher.ToString()),
        new XmlAttribute("kind", Number((int)record.Kind)),
        new XmlAttribute("status", Number((int)record.Status)),
        new XmlAttribute("cause", Number((int)record.Cause)),
        new XmlAttribute("first", Time(record.First)),
        new XmlAttribute("last", Time(record.Last)),
        new XmlAttribute("since", Time(record.Since)),
        new XmlAttribute("count", Number(record.Count)),
        record.Cycles > 0 ? new XmlAttribute("cycles", Number(record.Cycles)) : null,
        record.Fetches.IsEmpty ? null : new XmlAttribute("fetches", string.Join(' ', record.Fetches.Select(Number))),
        record.Interval is { } interval ? new XmlAttribute("interval", Number((long)interval.TotalMilliseconds)) : null,
        new XmlAttribute("strength", Number((int)record.Strength)),
        record.IsRefused ? new XmlAttribute("refused", "1") : null,
        record.HasLeft ? new XmlAttribute("left", "1") : null,
        record.Wish == Visibility.Full ? null : new XmlAttribute("wish", Number((int)record.Wish))).ToString());

    public static WatcherRecord Read(ReadOnlyMemory<byte> bytes)
    {
        Element stored = Element.Parse(bytes.Span);
        return new WatcherRecord
        {
            Watcher = Jid.Parse(stored["jid"]!),
            Kind = (WatcherKind)Long(stored["kind"]),
            Status = (WatcherStatus)Long(stored["status"]),
            Cause = (WatcherCause)Long(stored["cause"]),
            First = Time(stored["first"]),
            Last = Time(stored["last"]),
            Since = Time(stored["since"]),
            Count = Long(stored["count"]),
            Cycles = (int)Long(stored["cycles"]),
            Fetches = [.. (stored["fetches"] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Long)],
            Interval = stored["interval"] is { } interval ? TimeSpan.FromMilliseconds(Long(interval)) : null,
            Strength = (Strength)Long(stored["strength"]),
            IsRefused = stored["refused"] is not null,
            HasLeft = stored["left"] is not null,
            Wish = stored["wish"] is { } wish ? (Visibility)Long(wish) : Visibility.Full,
        };
    }

    public static byte[] Write(WatcherHead head) => Encoding.UTF8.GetBytes(new Element(
        "", "watchers",
        new XmlAttribute("version", Number(head.Version)),
        new XmlAttribute("days", Number(head.Days)),
        new XmlAttribute("dropped", Number(head.Dropped)),
        new XmlAttribute("broadcast", Number(head.Broadcast)),
        head.Contacts ? new XmlAttribute("contacts", "1") : null,
        head.Marks.Select(static mark => new Element(
            "", "mark",
            new XmlAttribute("jid", mark.Key.ToString()),
            mark.Value.IsPoller ? new XmlAttribute("poller", "1") : null,
            new XmlAttribute("shown", Number((int)mark.Value.Shown))))).ToString());

    public static WatcherHead ReadHead(ReadOnlyMemory<byte> bytes)
    {
        Element stored = Element.Parse(bytes.Span);
        return new WatcherHead
        {
            Version = Long(stored["version"]),
            Days = (int)Long(stored["days"]),
            Dropped = Long(stored["dropped"]),
            Broadcast = Long(stored["broadcast"]),
            Contacts = stored["contacts"] is not null,
            Marks = stored.Children.ToImmutableDictionary(
                static mark => Jid.Parse(mark["jid"]!), static mark => new WatcherMark(mark["poller"] is not null, (Visibility)Long(mark["shown"]))),
        };
    }

    private static string Number(long number) => number.ToString(Plain);

    private static string Time(DateTimeOffset time) => Number(time.ToUnixTimeMilliseconds());

    private static DateTimeOffset Time(string? text) => DateTimeOffset.FromUnixTimeMilliseconds(Long(text));

    private static long Long(string? text) => text is null ? 0 : long.Parse(text, Plain);
}
