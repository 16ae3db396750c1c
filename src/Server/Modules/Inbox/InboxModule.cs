using System.Globalization;
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
    private InboxChanges changes = null!;

    public void Register(ModuleBuilder module)
    {
        KeyedStore store = module.OpenKeyed("inbox");
        AccountState<InboxState> states = module.OpenAccountState((account, cancel) => InboxMarks.LoadAsync(store, account, cancel));
        terms.Attach(store);
        var pushes = new InboxPushes(inbox);
        marks = new InboxMarks(inbox, pushes, states, store);
        changes = new InboxChanges(reader, marks, pushes, states);
        module
            .Feature(Addressee.Account, Ns)
            .OnGet(Addressee.Account, Ns, "boxes", ListAsync)
            .OnGet(Addressee.Account, Ns, "headers", HeadersAsync)
            .OnGet(Addressee.Account, Ns, "fetch", FetchAsync)
            .OnSet(Addressee.Account, Ns, "delete", DeleteAsync)
            .OnSet(Addressee.Account, Ns, "empty", EmptyAsync)
            .OnSet(Addressee.Account, Ns, "wipe", WipeAsync)
            .OnSet(Addressee.Account, Ns, "move", MoveAsync)
            .OnSet(Addressee.Account, Ns, "read", MarkAsync)
            .OnSet(Addressee.Account, Ns, "unread", MarkAsync)
            .OnGet(Addressee.Account, Ns, "retention", async (iq, cancel) => await RetentionAsync(iq, cancel))
            .OnSet(Addressee.Account, Ns, "retention", SetRetentionAsync)
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
        return new Element(Ns, "fetch", Missing(missing));
    }

    // Some by their ids, or what lies in a box since before a time.
    private async ValueTask<IqReply> DeleteAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload["before"] is not { } stamp)
        {
            if (InboxRequest.ReadIds(iq.Payload, out IReadOnlyList<string> ids) is { } error)
                return error;
            var missing = new List<string>();
            // Also what waits for its delivery alone: who knows its id has listed it (XEP-0013).
            List<LogEntry> found = await reader.FindAsync(iq.Target, ids, missing, passing: true, cancel);
            await changes.DeleteAsync(iq.Presentity!, found.ConvertAll(static entry => entry.Sequence), null, iq.Session);
            return Counted("delete", found.Count, missing);
        }
        if (!ArchiveTime.TryParse(stamp, out DateTimeOffset before) || iq.Payload.Children.Any())
            return InboxRequest.Bad("before is a date and time of XEP-0082, and stands without items.");
        if (iq.Payload["box"] is not { } name || !InboxRequest.TryReadBox(name, out string? box))
            return InboxRequest.NoBox(iq.Payload["box"]);
        List<long> old = await reader.SelectAsync(iq.Target, box, ArchiveTime.First(before), cancel);
        await changes.DeleteAsync(iq.Presentity!, old, box, iq.Session);
        return Counted("delete", old.Count, []);
    }

    private async ValueTask<IqReply> EmptyAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload["box"] is not { } name || !InboxRequest.TryReadBox(name, out string? box))
            return InboxRequest.NoBox(iq.Payload["box"]);
        List<long> all = await reader.SelectAsync(iq.Target, box, null, cancel);
        await changes.DeleteAsync(iq.Presentity!, all, box, iq.Session);
        return Counted("empty", all.Count, []);
    }

    private async ValueTask<IqReply> WipeAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload["confirm"] != "everything")
            return InboxRequest.Bad("This deletes everything in every box: say so by confirm='everything'.");
        return Counted("wipe", await changes.WipeAsync(iq.Presentity!, iq.Session, cancel), []);
    }

    private async ValueTask<IqReply> MoveAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload["to"] is not { } name || !InboxRequest.TryReadBox(name, out string? box))
            return InboxRequest.NoBox(iq.Payload["to"]);
        if (InboxRequest.ReadIds(iq.Payload, out IReadOnlyList<string> ids) is { } error)
            return error;
        var missing = new List<string>();
        List<LogEntry> found = await reader.FindAsync(iq.Target, ids, missing, passing: false, cancel);
        await changes.MoveAsync(iq.Presentity!, found, box, iq.Session);
        return Counted("move", found.Count, missing);
    }

    // Some by their ids, a box up to one of its messages, or nothing: then marks begin.
    private async ValueTask<IqReply> MarkAsync(IqContext iq, CancellationToken cancel)
    {
        bool isRead = iq.Payload.LocalName == "read";
        var missing = new List<string>();
        if (isRead && iq.Payload["upto"] is { } last)
        {
            if (!InboxRequest.TryReadBox(iq.Payload["box"], out string? box) || iq.Payload.Children.Any())
                return InboxRequest.Bad("upto is the id of a message, and stands without items, in a box that can be.");
            if (!inbox.TryParseStanzaId(iq.Target, last, out long sequence) || !await inbox.Engine.HasPlaceAsync(InboxStore.Log, iq.Target, sequence, cancel))
                return StanzaError.ItemNotFound;
            await marks.MarkToAsync(iq.Presentity!, box, sequence, iq.Session, cancel);
            return new Element(Ns, "read");
        }
        if (isRead && !iq.Payload.Children.Any())
        {
            await marks.BeginAsync(iq.Presentity!);
            return new Element(Ns, "read");
        }
        if (InboxRequest.ReadIds(iq.Payload, out IReadOnlyList<string> ids) is { } error)
            return error;
        List<LogEntry> found = await reader.FindAsync(iq.Target, ids, missing, passing: false, cancel);
        return await marks.MarkAsync(iq.Presentity!, found, isRead, iq.Session)
            ? Counted(iq.Payload.LocalName, found.Count, missing)
            : StanzaError.PolicyViolation with { Text = $"At most {ReadMarks.MaxSingle} messages can be marked one by one; mark a box up to one of them." };
    }

    private async ValueTask<Element> RetentionAsync(IqContext iq, CancellationToken cancel) => new(
        Ns, "retention",
        InboxWriter.Number("days", await terms.DaysOfAsync(iq.Target, cancel)),
        InboxWriter.Number("longest", terms.Longest),
        await terms.OwnDaysOfAsync(iq.Target, cancel) is null ? new XmlAttribute("default", "true") : null);

    private async ValueTask<IqReply> SetRetentionAsync(IqContext iq, CancellationToken cancel)
    {
        int days = 0;
        if (iq.Payload["days"] is { } text && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out days))
            return InboxRequest.Bad("days is a number; 0 is for ever, and none is what the server says.");
        if (await changes.KeepAsync(iq.Presentity!, terms, iq.Payload["days"] is null ? null : days) is { } error)
            return error;
        return await RetentionAsync(iq, cancel);
    }

    private static Element Counted(string name, int count, List<string> missing) => new(Ns, name, InboxWriter.Number("count", count), Missing(missing));

    private static IEnumerable<Element> Missing(List<string> ids) => ids.Select(static id => new Element(Ns, "missing", new XmlAttribute("id", id)));
}
