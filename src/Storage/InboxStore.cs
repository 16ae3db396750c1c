using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>
/// The INSTANT INBOX's log as a view: the one durable place of one-to-one messages, of which offline delivery, archive and boxes are
/// readings. Quotas are counted by the server from <see cref="UndeliveredEntry.Bytes"/>.
/// </summary>
public sealed class InboxStore(StorageEngine engine)
{
    public const string Log = "inbox";

    /// <summary>The box of what only waits for its delivery, is deleted then, and is in no archive meanwhile (XEP-0334 §4.1, XEP-0441).</summary>
    public const string Passing = "passing";

    /// <summary>What the box "" is called where it needs a name.</summary>
    public const string Main = "inbox";

    /// <summary>False for what cannot be the name of a box of the owner's own: 1 to 32 of a-z, 0-9 and -, and neither <see cref="Main"/> nor <see cref="Passing"/>.</summary>
    public static bool IsBoxName(string name) =>
        name.Length is > 0 and <= 32 && name.All(static one => char.IsAsciiLetterLower(one) || char.IsAsciiDigit(one) || one == '-') && name is not (Passing or Main);

    private readonly StanzaIds ids = new(engine.Secret);

    public StorageEngine Engine { get; } = engine;

    /// <summary>The stanza-id of an entry of an account's log: its sequence under a keyed permutation; needs no index.</summary>
    public string StanzaId(Jid account, long sequence) => ids.Write(account, sequence);

    /// <summary>Bytes of a stanza-id, all ASCII and none that XML would escape.</summary>
    public const int StanzaIdLength = StanzaIds.Length;

    /// <summary>Writes the <see cref="StanzaIdLength"/> bytes of an entry's stanza-id.</summary>
    public void WriteStanzaId(Jid account, long sequence, Span<byte> id) => ids.Write(account, sequence, id);

    /// <summary>False for anything that is not an id of this account's log.</summary>
    public bool TryParseStanzaId(Jid account, string id, out long sequence) => ids.TryRead(account, id, out sequence);

    /// <summary>
    /// Adds a one-to-one message to a batch: to the sender's log when the sender is ours, to the recipient's when the recipient is, with
    /// the content once. Who writes to himself has it once, as received.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="sequence">From <see cref="StorageEngine.NextSequence"/>.</param>
    /// <param name="time">When it was received.</param>
    /// <param name="sender">The bare JID of the sender.</param>
    /// <param name="senderIsOurs">True when the sender has a log here.</param>
    /// <param name="recipient">The bare JID of the recipient.</param>
    /// <param name="recipientIsOurs">True when the recipient has a log here.</param>
    /// <param name="undelivered">True when the recipient is still to get it.</param>
    /// <param name="content">The stanza.</param>
    /// <param name="box">The box it goes into; "" is the inbox.</param>
    /// <param name="mark">How far the sender's session has come with it: goes into the sender's log.</param>
    public static void Append(StorageBatch batch, long sequence, DateTimeOffset time, Jid sender, bool senderIsOurs, Jid recipient, bool recipientIsOurs, bool undelivered, LogContent content, string box = "", LogMark? mark = null)
    {
        var isOwn = senderIsOurs && sender == recipient;
        if (recipientIsOurs)
            batch.Append(Log, recipient, sequence, time, sender, box, outgoing: false, undelivered, content, isOwn ? mark : null);
        if (senderIsOurs && !isOwn)
            batch.Append(Log, sender, sequence, time, recipient, "", outgoing: true, undelivered: false, content, mark);
    }

    /// <summary>A page of an account's log.</summary>
    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Jid account, LogQuery query, CancellationToken cancel = default) =>
        Engine.ReadLogAsync(Log, account, query, cancel);

    /// <summary>Entries by sequence, in the order asked; deleted or unknown ones are left out. At once when they are in memory.</summary>
    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Jid account, IReadOnlyList<long> sequences, CancellationToken cancel = default) =>
        Engine.ReadLogAsync(Log, account, sequences, cancel);

    /// <summary>What waits for delivery, ascending.</summary>
    public ValueTask<IReadOnlyList<UndeliveredEntry>> ReadUndeliveredAsync(Jid account, CancellationToken cancel = default) =>
        Engine.ReadUndeliveredAsync(Log, account, cancel);

    /// <summary>
    /// One step of retention: of the oldest <paramref name="limit"/> entries received before <paramref name="before"/>, deletes the
    /// delivered ones. Returns how many were deleted and where to go on, null at the end. Durable on return.
    /// </summary>
    public async Task<RetentionStep> DeleteExpiredAsync(Jid account, DateTimeOffset before, long? after, int limit, CancellationToken cancel = default)
    {
        var page = await ReadAsync(account, new LogQuery { After = after, End = before - TimeSpan.FromTicks(1), Limit = limit }, cancel);
        long[] expired = [.. page.Where(entry => !entry.Undelivered).Select(entry => entry.Sequence)];
        if (expired.Length > 0) await Engine.Commit(new StorageBatch().DeleteEntries(Log, account, expired));
        return new(expired.Length, page.Count < limit ? null : page[^1].Sequence);
    }
}
