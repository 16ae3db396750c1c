using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>What the inbox's owner is told of it, as elements.</summary>
internal sealed class InboxWriter(InboxStore inbox)
{
    /// <summary>A box and what lies in it.</summary>
    public static Element ToBox(string box, BoxCounts counts) => new(
        InboxModule.Ns, "box",
        new XmlAttribute("name", NameOf(box)),
        Number("total", counts.Total),
        Number("received", counts.Received),
        Number("unread", counts.Unread),
        Number("undelivered", counts.Undelivered),
        Number("bytes", counts.Bytes));

    /// <summary>A page of headers.</summary>
    public Element ToHeaders(Jid account, string box, HeaderPage page, ReadMarks marks) => new(
        InboxModule.Ns, "headers",
        new XmlAttribute("box", NameOf(box)),
        page.IsComplete ? new XmlAttribute("complete", "true") : null,
        page.Entries.Select(entry => ToItem(account, entry, marks)),
        new Element(
            PageRequest.Ns, "set",
            page.Entries.Count == 0 ? null : new Element(PageRequest.Ns, "first", page.IsAll ? new XmlAttribute("index", "0") : null, inbox.StanzaId(account, page.Entries[0].Sequence)),
            page.Entries.Count == 0 ? null : new Element(PageRequest.Ns, "last", inbox.StanzaId(account, page.Entries[^1].Sequence)),
            page.IsAll ? new Element(PageRequest.Ns, "count", Plain(page.Entries.Count)) : null));

    /// <summary>How many lie in a box (XEP-0059 1.0 §2.7).</summary>
    public static Element ToCount(string box, int count) => new(
        InboxModule.Ns, "headers",
        new XmlAttribute("box", NameOf(box)),
        new Element(PageRequest.Ns, "set", new Element(PageRequest.Ns, "count", Plain(count))));

    /// <summary>What a box is called on the wire.</summary>
    public static string NameOf(string box) => box.Length == 0 ? InboxStore.Main : box;

    /// <summary>A number as an attribute.</summary>
    public static XmlAttribute Number(string name, long value) => new(name, Plain(value));

    private static string Plain(long value) => value.ToString(CultureInfo.InvariantCulture);

    private Element ToItem(Jid account, LogEntry entry, ReadMarks marks)
    {
        var message = (Message)StanzaReader.ReadCanonical(entry.Content);
        return new Element(
            InboxModule.Ns, "item",
            new XmlAttribute("id", inbox.StanzaId(account, entry.Sequence)),
            new XmlAttribute("from", message.From!.ToString()),
            new XmlAttribute("to", message.To!.ToString()),
            new XmlAttribute("stamp", DateTimeProfile.ToMilliseconds(entry.Time)),
            new XmlAttribute("type", message.Type == MessageType.Chat ? "chat" : "normal"),
            Number("bytes", entry.Content.Length),
            // Of what the owner sent there is nothing to say.
            entry.Outgoing ? null : new XmlAttribute("delivered", entry.Undelivered ? "false" : "true"),
            entry.Outgoing ? null : new XmlAttribute("read", InboxReader.IsRead(marks, entry.Box, entry.Peer, entry.Sequence, entry.Undelivered) ? "true" : "false"));
    }
}
