using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Appearance;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>Watcher information as a document of RFC 3858, with what that does not have in our namespace.</summary>
internal static class WatcherDocument
{
    /// <summary>RFC 3858 §4.</summary>
    public const string InfoNs = "urn:ietf:params:xml:ns:watcherinfo";

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static Element Write(Jid presentity, long version, bool isFull, IEnumerable<Element> watchers) => new(
        InfoNs, "watcherinfo",
        new XmlAttribute("version", version.ToString(Plain)),
        new XmlAttribute("state", isFull ? "full" : "partial"),
        new Element(
            InfoNs, "watcher-list",
            new XmlAttribute("resource", PresenceUri.Of("pres", presentity)),
            new XmlAttribute("package", "presence"),
            watchers));

    public static Element Write(WatcherEntry entry, DateTimeOffset now)
    {
        WatcherRecord record = entry.Record;
        bool isCoarse = entry.Shown == Visibility.Coarse;
        bool isSubscribed = record is { Kind: WatcherKind.Subscriber, Status: WatcherStatus.Active };
        return new Element(
            InfoNs, "watcher",
            new XmlAttribute("id", entry.Id),
            new XmlAttribute("status", StatusOf(record)),
            new XmlAttribute("event", CauseOf(record)),
            isSubscribed && !isCoarse && record.Count > 0 ? new XmlAttribute("duration-subscribed", Math.Max(0, (long)(now - record.Since).TotalSeconds).ToString(Plain)) : null,
            Own("kind", entry.Kind),
            record.First > DateTimeOffset.UnixEpoch ? Own("first", DateTimeProfile.ToSeconds(record.First)) : null,
            record.Last > DateTimeOffset.UnixEpoch ? Own("last", DateTimeProfile.ToSeconds(record.Last)) : null,
            isCoarse || record.Count == 0 ? null : Own("count", record.Count.ToString(Plain)),
            isCoarse || record.Interval is not { } interval ? null : Own("interval", Math.Round(interval.TotalSeconds).ToString(Plain)),
            record.Cycles > 0 ? Own("cycles", record.Cycles.ToString(Plain)) : null,
            record.HasLeft ? Own("ended", "watcher") : null,
            record.IsRefused ? Own("outcome", "refused") : null,
            entry.IsPolite ? Own("policy", "polite-block") : null,
            WordOf(record.Strength) is { } strength ? Own("auth", strength) : null,
            isCoarse ? Own("shown", VisibilityRuleSet.Word(entry.Shown)) : null,
            PresenceUri.Of("xmpp", record.Watcher));
    }

    /// <summary>Those that only count.</summary>
    public static Element Hidden(int number) => new(
        InfoNs, "watcher",
        new XmlAttribute("id", "h0"), new XmlAttribute("status", "active"), new XmlAttribute("event", "approved"),
        Own("hidden", number.ToString(Plain)),
        "px:hidden");

    /// <summary>What a watcher is told of itself: that it has what it believes to have, and nothing that a polite block would change.</summary>
    public static Element OfItself(string id, Jid watcher) => new(
        InfoNs, "watcher",
        new XmlAttribute("id", id), new XmlAttribute("status", "active"), new XmlAttribute("event", "approved"),
        Own("kind", "subscriber"),
        PresenceUri.Of("xmpp", watcher));

    public static string StatusOf(WatcherRecord record) => record.Status switch
    {
        WatcherStatus.Pending => "pending",
        WatcherStatus.Active => "active",
        WatcherStatus.Waiting => "waiting",
        _ => "terminated",
    };

    private static string CauseOf(WatcherRecord record) => record.Cause switch
    {
        WatcherCause.Subscribe => "subscribe",
        WatcherCause.Approved => "approved",
        WatcherCause.Rejected => "rejected",
        _ => "timeout",
    };

    public static string? WordOf(Strength strength) => strength switch
    {
        Strength.Dialback => "dialback",
        Strength.Certificate => "certificate",
        Strength.Secret => "secret",
        Strength.Local => "local",
        _ => null,
    };

    private static XmlAttribute Own(string name, string value) => new(new QName(Watchers.Ns, name), value);
}
