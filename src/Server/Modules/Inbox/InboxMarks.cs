using System.Collections.Immutable;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>Keeps what of an inbox was read; see <see cref="ReadMarks"/>.</summary>
internal sealed class InboxMarks(InboxStore inbox, InboxPushes pushes, AccountState<InboxState> states, KeyedStore store)
{
    private const string Key = "read";

    // Further back no displayed message is looked for.
    private const int LookBack = 500;

    /// <summary>What is stored of an account.</summary>
    public static async ValueTask<InboxState> LoadAsync(KeyedStore store, Jid account, CancellationToken cancel) =>
        await store.GetAsync(account, Key, cancel) is { } stored ? InboxState.Empty with { Marks = ReadMarks.FromBytes(stored.Span) } : InboxState.Empty;

    /// <summary>The marks of an account, with all that its clients displayed looked up.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    public async ValueTask<ReadMarks> OfAsync(Presentity presentity, CancellationToken cancel)
    {
        foreach ((Jid peer, ImmutableArray<string> ids) in states.Of(presentity).Marks.Pending)
        {
            long place = await FindAsync(presentity.Address, peer, ids, cancel);
            lock (presentity.Gate)
                _ = Set(presentity, states.Of(presentity).Marks.Found(peer, ids, place));
        }
        return states.Of(presentity).Marks;
    }

    /// <summary>From now on marks are kept; durable on return.</summary>
    /// <exception cref="StorageException">It could not be stored.</exception>
    public async ValueTask BeginAsync(Presentity presentity)
    {
        Task commit;
        lock (presentity.Gate)
            commit = Set(presentity, Begun(presentity));
        await Subscriptions.DurableAsync(presentity, commit);
    }

    /// <summary>Marks messages. False: too many single ones; nothing has changed.</summary>
    /// <exception cref="StorageException">It could not be stored.</exception>
    public async ValueTask<bool> MarkAsync(Presentity presentity, List<LogEntry> entries, bool isRead, ClientSession? by)
    {
        long[] received = [.. entries.Where(static entry => !entry.Outgoing).Select(static entry => entry.Sequence)];
        Task commit;
        lock (presentity.Gate)
        {
            if (Begun(presentity).Mark(received, isRead) is not { } marked)
                return false;
            commit = Set(presentity, marked);
            pushes.Tell(presentity, states.Of(presentity), by, isRead ? "read" : "unread", null, received);
        }
        await Subscriptions.DurableAsync(presentity, commit);
        return true;
    }

    /// <summary>All of a box is read up to a message.</summary>
    /// <exception cref="StorageException">It could not be stored, or the log not be read.</exception>
    public async ValueTask MarkToAsync(Presentity presentity, string box, long sequence, ClientSession? by, CancellationToken cancel)
    {
        ReadMarks before = states.Of(presentity).Marks;
        IReadOnlyList<LogEntry> single = await inbox.ReadAsync(presentity.Address, [.. before.Read.Union(before.Unread).Order()], cancel);
        long[] inBox = [.. single.Where(entry => entry.Box == box).Select(static entry => entry.Sequence)];
        Task commit;
        lock (presentity.Gate)
        {
            commit = Set(presentity, Begun(presentity).MarkTo(box, sequence, inBox));
            pushes.Tell(presentity, states.Of(presentity), by, "read", box, [sequence], "upto");
        }
        await Subscriptions.DurableAsync(presentity, commit);
    }

    /// <summary>Messages were moved: what was read stays so, what was not too. Under the gate.</summary>
    public void Moved(Presentity presentity, IEnumerable<LogEntry> entries, string box)
    {
        ReadMarks marks = states.Of(presentity).Marks;
        if (!marks.HaveBegun)
            return;
        foreach (LogEntry entry in entries)
        {
            bool isRead = marks.IsRead(entry.Box, entry.Peer, entry.Sequence);
            if (!entry.Outgoing && marks.IsRead(box, entry.Peer, entry.Sequence) != isRead)
                marks = marks.Mark([entry.Sequence], isRead) ?? marks;
        }
        Set(presentity, marks);
    }

    /// <summary>Messages were deleted. Under the gate.</summary>
    public void Deleted(Presentity presentity, long[] sequences) => Set(presentity, states.Of(presentity).Marks.Without(sequences));

    /// <summary>A client of the owner says that it displayed a message and all before it (XEP-0333). Under no gate. Looked up when somebody asks.</summary>
    public void Displayed(Presentity presentity, Jid peer, string id)
    {
        lock (presentity.Gate)
        {
            if (presentity.IsRemoved)
                return;
            Set(presentity, states.Of(presentity).Marks.Displayed(peer, id));
            pushes.TellDisplayed(presentity, states.Of(presentity), peer);
        }
    }

    // Under the gate. What waits was read by nobody.
    private ReadMarks Begun(Presentity presentity)
    {
        ReadMarks marks = states.Of(presentity).Marks;
        if (marks.HaveBegun)
            return marks;
        List<UndeliveredEntry> waiting = presentity.Undelivered.Waiting();
        return marks with { Since = waiting.Count > 0 ? waiting[0].Sequence - 1 : inbox.Engine.NextSequence() };
    }

    // Under the gate.
    private Task Set(Presentity presentity, ReadMarks marks)
    {
        InboxState state = states.Of(presentity);
        if (ReferenceEquals(state.Marks, marks))
            return Task.CompletedTask;
        states.Set(presentity, state with { Marks = marks });
        return presentity.Commit(new StorageBatch().Put(store.Collection, presentity.Address, Key, marks.ToBytes()));
    }

    // The newest of them; 0: there is none.
    private async ValueTask<long> FindAsync(Jid account, Jid peer, ImmutableArray<string> ids, CancellationToken cancel)
    {
        IReadOnlyList<LogEntry> last = await inbox.ReadAsync(account, new LogQuery { Peer = peer, Backwards = true, Limit = LookBack }, cancel);
        return last.LastOrDefault(entry => !entry.Outgoing && StanzaReader.ReadCanonical(entry.Content).Id is { } id && ids.Contains(id))?.Sequence ?? 0;
    }
}
