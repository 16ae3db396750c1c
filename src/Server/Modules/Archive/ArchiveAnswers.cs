using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Archive;

/// <summary>What the archive says beside its results (XEP-0313 1.1.3 §4.3, §5).</summary>
internal sealed class ArchiveAnswers(InboxStore inbox)
{
    /// <summary>The end of a query.</summary>
    public Element ToFin(Jid account, ArchivePage page)
    {
        IReadOnlyList<LogEntry> entries = page.Entries;
        return new Element(ArchiveModule.Ns, "fin",
            page.IsComplete ? new XmlAttribute("complete", "true") : null,
            new Element(PageRequest.Ns, "set",
                entries.Count == 0 ? null : new Element(PageRequest.Ns, "first", page.Count is null ? null : new XmlAttribute("index", "0"), Id(account, entries[0])),
                entries.Count == 0 ? null : new Element(PageRequest.Ns, "last", Id(account, entries[^1])),
                page.Count is { } count ? new Element(PageRequest.Ns, "count", count.ToString(CultureInfo.InvariantCulture)) : null));
    }

    /// <summary>The first and the last message of an archive.</summary>
    public Element ToMetadata(Jid account, (LogEntry First, LogEntry Last)? ends) => new(ArchiveModule.Ns, "metadata",
        ends is { } some ? new[] { ToEnd(account, "start", some.First), ToEnd(account, "end", some.Last) } : null);

    private Element ToEnd(Jid account, string name, LogEntry entry) =>
        new(ArchiveModule.Ns, name, new XmlAttribute("id", Id(account, entry)), new XmlAttribute("timestamp", DateTimeProfile.ToMilliseconds(entry.Time)));

    private string Id(Jid account, LogEntry entry) => inbox.StanzaId(account, entry.Sequence);
}
