using System.Globalization;
using PresenceXml.Cable.Ledger;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Cable.Clients;

/// <summary>Reads a message stanza as a client of an account does: itself, a carbon, or a result of its archive.</summary>
internal static class MessageReader
{
    /// <summary>Null: none of the test's messages, such as a chat state.</summary>
    public static Seen? Read(Element stanza, string account)
    {
        string? from = stanza["from"];
        bool own = from is null || from == account || from.StartsWith(account + "/", StringComparison.Ordinal);
        if (own && stanza.Child(Names.Archive, "result") is { } result)
        {
            Element? forwarded = result.Child(Names.Forward, "forwarded");
            return forwarded?.Child(Namespaces.Client, "message") is { } archived
                ? Plain(MessageForm.Archive, archived, result["id"], Stamp(forwarded), result["queryid"])
                : null;
        }
        if (own && (Carbon(stanza, "received") ?? Carbon(stanza, "sent")) is { } copy)
        {
            MessageForm form = stanza.Child(Names.Carbons, "received") is null ? MessageForm.Sent : MessageForm.Received;
            return Plain(form, copy, StanzaId(copy, account), Stamp(copy), null);
        }
        return Plain(MessageForm.Own, stanza, StanzaId(stanza, account), Stamp(stanza), null);
    }

    private static Element? Carbon(Element stanza, string name) =>
        stanza.Child(Names.Carbons, name)?.Child(Names.Forward, "forwarded")?.Child(Namespaces.Client, "message");

    private static Seen? Plain(MessageForm form, Element message, string? stanzaId, DateTimeOffset? stamp, string? query)
    {
        string? id = message.Child(Namespaces.StanzaId, "origin-id")?["id"];
        string? text = message.Child(Namespaces.Client, "body")?.Text;
        return id is null || text is null ? null : new Seen(form, id, text == MessageText.Of(id), stanzaId, stamp, message["from"], query);
    }

    private static string? StanzaId(Element message, string account)
    {
        foreach (Element child in message.Children)
        {
            if (child.Is(Namespaces.StanzaId, "stanza-id") && child["by"] == account)
                return child["id"];
        }
        return null;
    }

    private static DateTimeOffset? Stamp(Element parent) =>
        parent.Child(Namespaces.Delay, "delay")?["stamp"] is { } stamp
        && DateTimeOffset.TryParse(stamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : null;
}
