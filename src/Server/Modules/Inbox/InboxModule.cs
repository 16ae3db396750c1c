using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>
/// <c>urn:x-presencexml:inbox:0</c>: the INBOX USER AGENT of RFC 2778 §2.2. The owner looks into the boxes of his INSTANT INBOX, which is the log of which
/// offline messages (XEP-0013, XEP-0160) and archive (XEP-0313) are views. See docs/protocol/inbox.md.
/// </summary>
internal sealed class InboxModule(InboxStore inbox, RetentionTerms terms, ServerOptions server) : IModule
{
    public const string Ns = "urn:x-presencexml:inbox:0";

    private readonly InboxReader reader = new(inbox, terms);
    private readonly InboxWriter writer = new(inbox);

    private InboxMarks marks = null!;

    public void Register(ModuleBuilder module)
    {
        KeyedStore store = module.OpenKeyed("inbox");
        AccountState<InboxState> states = module.OpenAccountState((account, cancel) => InboxMarks.LoadAsync(store, account, cancel));
        terms.Attach(store);
        var pushes = new InboxPushes(inbox);
        marks = new InboxMarks(inbox, pushes, states, store);
        var changes = new InboxChanges(reader, marks, pushes, states);
        var actions = new InboxActions(inbox, reader, marks, changes, terms);
        module
            .Feature(Addressee.Account, Ns)
            .OnGet(Addressee.Account, Ns, "boxes", ListAsync)
            .OnGet(Addressee.Account, Ns, "headers", HeadersAsync)
            .OnGet(Addressee.Account, Ns, "fetch", FetchAsync)
            .OnSet(Addressee.Account, Ns, "delete", actions.DeleteAsync)
            .OnSet(Addressee.Account, Ns, "empty", actions.EmptyAsync)
            .OnSet(Addressee.Account, Ns, "wipe", actions.WipeAsync)
            .OnSet(Addressee.Account, Ns, "move", actions.MoveAsync)
            .OnSet(Addressee.Account, Ns, "read", actions.MarkAsync)
            .OnSet(Addressee.Account, Ns, "unread", actions.MarkAsync)
            .OnGet(Addressee.Account, Ns, "retention", async (iq, cancel) => await actions.RetentionAsync(iq, cancel))
            .OnSet(Addressee.Account, Ns, "retention", actions.SetRetentionAsync)
            .OnSet(Addressee.Account, Ns, "subscribe", (iq, _) => new(changes.Subscribe(iq.Presentity!, iq.Session!)))
            .OnSet(Addressee.Account, Ns, "unsubscribe", (iq, _) => new(changes.Unsubscribe(iq.Presentity!, iq.Session!)))
            .OnSend<Message>((in RuleContext<Message> context) =>
            {
                // XEP-0333. Who keeps no marks pays for a look.
                if (states.Of(context.Owner).Marks.HaveBegun && context.Stanza.Content.Find(MessageNamespaces.Markers, "displayed")?["id"] is { Length: > 0 and <= 256 } id)
                    marks.Displayed(context.Owner, context.Peer.Bare, id);
                return Verdict.Pass;
            });
        new InboxCommands(inbox, reader, marks, changes, terms).Register(module);
    }

    private async ValueTask<IqReply> ListAsync(IqContext iq, CancellationToken cancel)
    {
        SortedDictionary<string, BoxCounts> boxes = await reader.CountAsync(iq.Target, await marks.OfAsync(iq.Presentity!, cancel), cancel);
        int days = await terms.DaysOfAsync(iq.Target, cancel);
        boxes.Remove(InboxStore.Passing, out BoxCounts? passing);
        return new Element(
            Ns, "boxes",
            days > 0 ? InboxWriter.Number("days", days) : null,
            boxes.Select(static box => InboxWriter.ToBox(box.Key, box.Value)),
            passing is null ? null : new Element(Ns, "passing", InboxWriter.Number("undelivered", passing.Undelivered), InboxWriter.Number("bytes", passing.Bytes)),
            Quota(iq.Presentity!));
    }

    // What is full refuses: InstantInbox.Refuse.
    private Element Quota(Presentity presentity)
    {
        int count;
        long bytes;
        lock (presentity.Gate)
            (count, bytes) = (presentity.Undelivered.Count, presentity.Undelivered.Bytes);
        return new Element(
            Ns, "quota",
            InboxWriter.Number("undelivered", count),
            server.Inbox.QuotaMessages > 0 ? InboxWriter.Number("limit", server.Inbox.QuotaMessages) : null,
            InboxWriter.Number("bytes", bytes),
            server.Inbox.QuotaBytes > 0 ? InboxWriter.Number("bytes-limit", server.Inbox.QuotaBytes) : null);
    }

    private async ValueTask<IqReply> HeadersAsync(IqContext iq, CancellationToken cancel)
    {
        if (!InboxRequest.TryReadBox(iq.Payload["box"], out string? box))
            return InboxRequest.NoBox(iq.Payload["box"]);
        if (PageRequest.Read(iq.Payload, out PageRequest page) is { } error)
            return error;
        if (page.Max == 0)
            return InboxWriter.ToCount(box, (await reader.CountAsync(iq.Target, ReadMarks.None, cancel)).GetValueOrDefault(box)?.Total ?? 0);
        return await reader.ReadAsync(iq.Target, box, page, cancel) is { } found
            ? writer.ToHeaders(iq.Target, box, found, await marks.OfAsync(iq.Presentity!, cancel)) : StanzaError.ItemNotFound;
    }

    // As the archive shows them: a client reads both with the same code, and what was fetched is delivered.
    private async ValueTask<IqReply> FetchAsync(IqContext iq, CancellationToken cancel)
    {
        if (InboxRequest.ReadIds(iq.Payload, out IReadOnlyList<string> ids) is { } error)
            return error;
        var missing = new List<string>();
        ClientSession session = iq.Session!;
        var results = new ResultWriter(inbox, iq.Target, session.Address, iq.Payload["queryid"]);
        foreach (LogEntry entry in await reader.FindAsync(iq.Target, ids, missing, passing: false, cancel))
            await session.SendAsync(results.ToResult(entry), entry.Sequence, OutboxForm.Copy, cancel);
        return new Element(Ns, "fetch", InboxActions.Missing(missing));
    }
}
