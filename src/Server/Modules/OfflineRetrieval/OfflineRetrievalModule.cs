using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.OfflineRetrieval;

/// <summary>
/// XEP-0013: Flexible Offline Message Retrieval, 1.3: what waits in the inbox is listed, read and removed as its owner likes, instead of
/// coming as a flood. A node is the message's stanza-id. What is removed waits no longer; the archive keeps it, as it keeps what was delivered.
/// </summary>
public sealed class OfflineRetrievalModule(InstantInbox inbox, LocalDomains domains) : IModule
{
    public const string Ns = "http://jabber.org/protocol/offline";

    private const string InfoNs = "http://jabber.org/protocol/disco#info";
    private const string ItemsNs = "http://jabber.org/protocol/disco#items";
    private const string Forms = "jabber:x:data";

    public void Register(ModuleBuilder module) => module
        .Feature(Addressee.Domain, Ns)
        .Node(Addressee.Account, Ns, static (iq, _) => new(Count(iq)), ListAsync)
        // §2.3, §2.4: "forbidden" to whoever is not the owner, whether or not there is such an account.
        .OnGet(Addressee.Account, Ns, "offline", ReadAsync, refusal: StanzaError.Forbidden)
        .OnSet(Addressee.Account, Ns, "offline", RemoveAsync, refusal: StanzaError.Forbidden);

    private static IqReply Count(IqContext iq)
    {
        if (!iq.IsOwner) return StanzaError.Forbidden;
        int count = Choose(iq.Session!).Count;
        return new Element(InfoNs, "query", new XmlAttribute("node", Ns),
            new Element(InfoNs, "identity", new XmlAttribute("category", "automation"), new XmlAttribute("type", "message-list")),
            new Element(InfoNs, "feature", new XmlAttribute("var", Ns)),
            new Element(Forms, "x", new XmlAttribute("type", "result"),
                new Element(Forms, "field", new XmlAttribute("var", "FORM_TYPE"), new XmlAttribute("type", "hidden"), new Element(Forms, "value", Ns)),
                new Element(Forms, "field", new XmlAttribute("var", "number_of_messages"), new Element(Forms, "value", $"{count}"))));
    }

    private async ValueTask<IqReply> ListAsync(IqContext iq, CancellationToken cancel)
    {
        if (!iq.IsOwner) return StanzaError.Forbidden;
        string account = iq.Target.ToString();
        var items = new List<Element>();
        await foreach (LogEntry entry in inbox.ReadAllAsync(iq.Presentity!, Choose(iq.Session!), cancel))
        {
            items.Add(new Element(ItemsNs, "item",
                new XmlAttribute("jid", account),
                new XmlAttribute("node", inbox.StanzaId(iq.Target, entry.Sequence)),
                new XmlAttribute("name", StanzaReader.ReadCanonical(entry.Content).From!.ToString())));
        }
        return new Element(ItemsNs, "query", new XmlAttribute("node", Ns), items);
    }

    private async ValueTask<IqReply> ReadAsync(IqContext iq, CancellationToken cancel)
    {
        List<long>? asked = IsJust(iq.Payload, "fetch") ? Choose(iq.Session!) : Nodes(iq, "view");
        if (asked is null) return StanzaError.BadRequest;
        if (!AreWaiting(iq.Presentity!, asked)) return StanzaError.ItemNotFound;
        Jid domain = domains.DomainOf(iq.Target);
        await foreach (LogEntry entry in inbox.ReadAllAsync(iq.Presentity!, asked, cancel))
        {
            // The line is gone, and the session may outlive it: an inbox of any size is not to wait in memory.
            if (iq.Session!.Outbox.IsOverfull) return StanzaError.ResourceConstraint;
            Stanza message = StanzaReader.ReadCanonical(entry.Content);
            string id = inbox.StanzaId(iq.Target, entry.Sequence);
            StanzaContent content = message.Content.WithDelay(domain, entry.Time)
                .With(new Element(Namespaces.StanzaId, "stanza-id", new XmlAttribute("by", iq.Target.ToString()), new XmlAttribute("id", id)))
                .With(new Element(Ns, "offline", new Element(Ns, "item", new XmlAttribute("node", id))));
            // §2.5: read is not removed, so this shows no place of the log that would be delivered by it.
            await iq.Session!.SendAsync(message with { Content = content }, 0, OutboxForm.Copy, cancel);
        }
        return IqReply.Done;
    }

    private async ValueTask<IqReply> RemoveAsync(IqContext iq, CancellationToken cancel)
    {
        Presentity presentity = iq.Presentity!;
        List<long>? asked = IsJust(iq.Payload, "purge") ? Choose(iq.Session!) : Nodes(iq, "remove");
        if (asked is null) return StanzaError.BadRequest;
        await inbox.LookThroughAsync(presentity, asked, cancel);
        Task removed;
        lock (presentity.Gate)
        {
            if (!IsJust(iq.Payload, "purge") && !AreWaiting(presentity, asked)) return StanzaError.ItemNotFound;
            asked.RemoveAll(sequence => !presentity.Undelivered.IsWaiting(sequence));
            removed = InstantInbox.Discard(presentity, asked);
        }
        try
        {
            await removed;
        }
        catch (StorageException)
        {
            return StanzaError.ResourceConstraint;
        }
        return IqReply.Done;
    }

    /// <summary>§2.2: whoever asks before taking messages gets no flood in this session, nor does any other while it lasts. Returns what waits.</summary>
    private static List<long> Choose(ClientSession session)
    {
        Presentity presentity = session.Presentity;
        lock (presentity.Gate)
        {
            if (!session.TakesMessages && !session.RetrievesOffline)
            {
                session.RetrievesOffline = true;
                presentity.Undelivered.Hold();
            }
            return [.. presentity.Undelivered.Waiting().Select(static entry => entry.Sequence)];
        }
    }

    private static bool AreWaiting(Presentity presentity, List<long> sequences)
    {
        lock (presentity.Gate)
            return sequences.TrueForAll(presentity.Undelivered.IsWaiting);
    }

    private static bool IsJust(Element payload, string name) =>
        payload.Children.Take(2).ToArray() is [var only] && only.Is(Ns, name);

    // Null: something else stands there. A node that is none of this log has no place in it.
    private List<long>? Nodes(IqContext iq, string action)
    {
        var sequences = new List<long>();
        foreach (Element item in iq.Payload.Children)
        {
            if (!item.Is(Ns, "item") || item["action"] != action || item["node"] is not { } node)
                return null;
            sequences.Add(inbox.TryParseStanzaId(iq.Target, node, out long sequence) ? sequence : 0);
        }
        return sequences.Count == 0 ? null : [.. sequences.Distinct()];
    }
}
