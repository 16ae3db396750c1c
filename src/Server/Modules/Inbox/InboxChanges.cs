using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>What the owner does to his inbox, by iq or by command alike; durable on return. Sessions that asked are told of it, in the order of the changes.</summary>
internal sealed class InboxChanges(InboxReader reader, InboxMarks marks, InboxPushes pushes, AccountState<InboxState> states)
{
    // Entries of one batch: a box of any size is emptied in steps, between which everything else goes on.
    private const int Step = 1000;

    /// <summary>From now on a session is told what others change.</summary>
    public IqReply Subscribe(Presentity presentity, ClientSession session)
    {
        lock (presentity.Gate)
        {
            InboxState state = states.Of(presentity);
            // Sessions that have ended are forgotten here, where new ones are added.
            states.Set(presentity, state with { Asked = state.Asked.Intersect(presentity.Sessions).Add(session) });
        }
        return IqReply.Done;
    }

    /// <summary>And not any more.</summary>
    public IqReply Unsubscribe(Presentity presentity, ClientSession session)
    {
        lock (presentity.Gate)
        {
            InboxState state = states.Of(presentity);
            if (state.Asked.Contains(session))
                states.Set(presentity, state with { Asked = state.Asked.Remove(session) });
        }
        return IqReply.Done;
    }

    /// <summary>Deletes messages. Their ids stay places to page from (XEP-0313).</summary>
    /// <param name="presentity">The account.</param>
    /// <param name="sequences">Which.</param>
    /// <param name="box">The box, where all of one are meant; else null.</param>
    /// <param name="by">Who does it and need not be told.</param>
    /// <exception cref="StorageException">It could not be stored.</exception>
    public async ValueTask DeleteAsync(Presentity presentity, List<long> sequences, string? box, ClientSession? by)
    {
        foreach (long[] step in sequences.Chunk(Step))
        {
            Task commit;
            lock (presentity.Gate)
            {
                commit = InstantInbox.Delete(presentity, step);
                marks.Deleted(presentity, step);
                pushes.Tell(presentity, states.Of(presentity), by, "deleted", box, step);
            }
            await Subscriptions.DurableAsync(presentity, commit);
        }
    }

    /// <summary>Deletes everything, also what only waits for its delivery. Returns how many there were.</summary>
    /// <exception cref="StorageException">It could not be stored, or not be read; what was deleted stays so.</exception>
    public async ValueTask<int> WipeAsync(Presentity presentity, ClientSession? by, CancellationToken cancel)
    {
        List<long> all = await reader.SelectAsync(presentity.Address, null, null, cancel);
        await DeleteAsync(presentity, all, null, by);
        return all.Count;
    }

    /// <summary>Moves messages to a box, which is there when something is in it; what waited does not wait in another than the inbox itself.</summary>
    /// <exception cref="StorageException">It could not be stored.</exception>
    public async ValueTask MoveAsync(Presentity presentity, List<LogEntry> entries, string box, ClientSession? by)
    {
        long[] moved = [.. entries.Where(entry => entry.Box != box).Select(static entry => entry.Sequence)];
        if (moved.Length == 0)
            return;
        Task commit;
        lock (presentity.Gate)
        {
            commit = InstantInbox.Move(presentity, moved, box);
            marks.Moved(presentity, entries, box);
            pushes.Tell(presentity, states.Of(presentity), by, "moved", box, moved);
        }
        await Subscriptions.DurableAsync(presentity, commit);
    }

    /// <summary>Says how long delivered messages are kept; durable on return. An error: the server does not keep them so long.</summary>
    /// <param name="presentity">The account.</param>
    /// <param name="terms">Who keeps it.</param>
    /// <param name="days">0: for ever; null: as the server says.</param>
    /// <exception cref="StorageException">It could not be stored.</exception>
    public async ValueTask<StanzaError?> KeepAsync(Presentity presentity, RetentionTerms terms, int? days)
    {
        if (terms.Longest > 0 && days is { } wanted && (wanted == 0 || wanted > terms.Longest))
            return StanzaError.PolicyViolation with { Text = $"This server keeps messages for {terms.Longest} days at most." };
        if (days > RetentionTerms.MostDays)
            return StanzaError.PolicyViolation with { Text = $"A number of days is {RetentionTerms.MostDays} at most; 0 is for ever." };
        Task commit;
        lock (presentity.Gate)
            commit = presentity.Commit(terms.Put(new StorageBatch(), presentity.Address, days));
        await Subscriptions.DurableAsync(presentity, commit);
        return null;
    }
}
