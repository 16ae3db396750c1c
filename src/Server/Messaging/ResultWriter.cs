using System.Buffers;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;

namespace PresenceXml.Server.Messaging;

/// <summary>Makes the results of one query of an archive (XEP-0313 1.1.3 §4.2): as it shows a message, everything does that shows one of a log.</summary>
internal sealed class ResultWriter
{
    private static readonly QName Name = new(MessageNamespaces.Archive, "result");

    private readonly InboxStore inbox;
    private readonly Jid account;
    private readonly Jid to;
    private readonly ArrayBufferWriter<byte> output = new(2048);
    private readonly byte[] start;
    private readonly byte[] stanzaId;

    /// <param name="inbox">Knows the ids.</param>
    /// <param name="account">Whose archive it is.</param>
    /// <param name="to">Who asks.</param>
    /// <param name="queryId">The client's name of the query, or null.</param>
    public ResultWriter(InboxStore inbox, Jid account, Jid to, string? queryId)
    {
        this.inbox = inbox;
        this.account = account;
        this.to = to;
        var tag = new Element(Name.Namespace, Name.Name, queryId is null ? null : new XmlAttribute("queryid", queryId));
        start = Encoding.UTF8.GetBytes(tag.ToString()[..^"/>".Length] + " id='");
        stanzaId = new byte[StanzaStamps.StanzaIdRoom(account)];
    }

    /// <summary>
    /// One result: the message as the log has it, byte for byte, and its stanza-id. It stands alone there, so its namespace is that of a client's
    /// stanza in here too (XEP-0297 §3.2).
    /// </summary>
    public Message ToResult(LogEntry entry)
    {
        ReadOnlySpan<byte> message = entry.Content.Span;
        output.ResetWrittenCount();
        output.Write(start);
        inbox.WriteStanzaId(account, entry.Sequence, output.GetSpan(InboxStore.StanzaIdLength)[..InboxStore.StanzaIdLength]);
        output.Advance(InboxStore.StanzaIdLength);
        output.Write(Encoding.UTF8.GetBytes($"'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='{Namespaces.Delay}' stamp='{DateTimeProfile.ToMilliseconds(entry.Time)}'/>"));
        // Only what has content is stored, so there is an end tag.
        int end = message.LastIndexOf("</"u8);
        output.Write(message[..end]);
        output.Write(StanzaStamps.WriteStanzaId(stanzaId, inbox, account, entry.Sequence));
        output.Write(message[end..]);
        output.Write("</forwarded></result>"u8);
        // From the account's bare address, by which its client knows it from what others might send (§8.2).
        return new Message { From = account, To = to, Content = StanzaContent.Empty.With(Name, output.WrittenSpan) };
    }
}
