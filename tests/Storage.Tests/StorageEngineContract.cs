using System.Text;
using PresenceXml.Protocol;

namespace PresenceXml.Storage.Tests;

/// <summary>What every engine must do. An engine's suite derives from it and says how to open, reopen and merge.</summary>
public abstract class StorageEngineContract
{
    protected const string Log = "inbox";

    protected static readonly Jid Romeo = Jid.Parse("romeo@montague.example");
    protected static readonly Jid Juliet = Jid.Parse("juliet@capulet.example");
    protected static readonly Jid Nurse = Jid.Parse("nurse@capulet.example");
    protected static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    protected StorageEngine Engine { get; private set; } = null!;

    /// <summary>An empty store.</summary>
    protected abstract Task<StorageEngine> OpenNewAsync();

    /// <summary>Closes the store and opens it again.</summary>
    protected abstract Task<StorageEngine> ReopenAsync(StorageEngine engine);

    /// <summary>Brings entries from where they are first written to where they stay; nothing may be seen of it.</summary>
    protected abstract Task SettleAsync(StorageEngine engine);

    /// <summary>Searches everything the engine has stored for these bytes.</summary>
    protected abstract Task<bool> HasTraceAsync(StorageEngine engine, string text);

    /// <summary>After the store is closed for good.</summary>
    protected abstract void Cleaned();

    [SetUp]
    public async Task OpenAsync() => Engine = await OpenNewAsync();

    [TearDown]
    public async Task CloseAsync()
    {
        await Engine.DisposeAsync();
        Cleaned();
    }

    [Test]
    public async Task Sequences_ascend_and_are_not_given_again_after_reopening()
    {
        var first = Engine.NextSequence();
        var second = Engine.NextSequence();
        Engine = await ReopenAsync(Engine);
        var third = Engine.NextSequence();
        Assert.That(new[] { first, second, third }, Is.Ordered.And.Unique);
        Assert.That(first, Is.Positive);
    }

    [Test]
    public async Task A_key_is_put_replaced_and_deleted()
    {
        await Engine.Commit(new StorageBatch().Put("vcard", Romeo, "a", Bytes("1")).Put("vcard", Romeo, "b", Bytes("")));
        await Engine.Commit(new StorageBatch().Put("vcard", Romeo, "a", Bytes("2")));
        Assert.That(Text(await Engine.GetAsync("vcard", Romeo, "a")), Is.EqualTo("2"));
        Assert.That(Text(await Engine.GetAsync("vcard", Romeo, "b")), Is.Empty);
        Assert.That(await Engine.GetAsync("vcard", Juliet, "a"), Is.Null);
        Assert.That(await Engine.GetAsync("private", Romeo, "a"), Is.Null);
        await Engine.Commit(new StorageBatch().Delete("vcard", Romeo, "a").Delete("vcard", Romeo, "none"));
        Assert.That(await Engine.GetAsync("vcard", Romeo, "a"), Is.Null);
        Assert.That(Text(await Engine.GetAsync("vcard", Romeo, "b")), Is.Empty);
    }

    [Test]
    public async Task A_store_that_is_closed_neither_reads_nor_writes_and_says_so()
    {
        await Engine.DisposeAsync();
        Assert.ThrowsAsync<StorageException>(() => Engine.Commit(new StorageBatch().Put("c", Romeo, "k", Bytes("1"))));
        Task reading = Engine.GetAsync("c", Romeo, "k").AsTask();
        Assert.ThrowsAsync<StorageException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Test]
    public async Task Lines_of_a_batch_act_in_order()
    {
        await Engine.Commit(new StorageBatch().Put("c", Romeo, "k", Bytes("1")).Delete("c", Romeo, "k").Put("c", Romeo, "k", Bytes("2"))
            .Put("c", Romeo, "x", Bytes("1")).DeleteAll("c", Romeo).Put("c", Romeo, "y", Bytes("3")));
        Assert.That(await KeysAsync("c", Romeo), Is.EqualTo("y=3"));
    }

    [Test]
    public async Task Ranges_are_ordered_by_octets_and_half_open()
    {
        var batch = new StorageBatch();
        foreach (var key in new[] { "b", "a", "ä", "B", "bb", "", "c" }) batch.Put("c", Romeo, key, Bytes(key));
        await Engine.Commit(batch);
        Assert.That((await Engine.RangeAsync("c", Romeo)).Select(pair => pair.Key), Is.EqualTo(new[] { "", "B", "a", "b", "bb", "c", "ä" }));
        Assert.That((await Engine.RangeAsync("c", Romeo, "b", "c")).Select(pair => pair.Key), Is.EqualTo(new[] { "b", "bb" }));
        Assert.That((await Engine.RangeAsync("c", Romeo, from: "bb")).Select(pair => pair.Key), Is.EqualTo(new[] { "bb", "c", "ä" }));
        Assert.That((await Engine.RangeAsync("c", Romeo, to: "a")).Select(pair => pair.Key), Is.EqualTo(new[] { "", "B" }));
        Assert.That((await Engine.RangeAsync("c", Romeo, limit: 2)).Select(pair => pair.Key), Is.EqualTo(new[] { "", "B" }));
    }

    [Test]
    public async Task Accounts_are_listed_by_domain_in_pages()
    {
        var batch = new StorageBatch().Put("other", Jid.Parse("zed@capulet.example"), "k", Bytes("1"));
        for (var i = 0; i < 25; i++) batch.Put("account", Jid.Parse($"user{i:00}@capulet.example"), "k", Bytes("1"));
        await Engine.Commit(batch.Put("account", Romeo, "k", Bytes("1")));
        var seen = new List<Jid>();
        while (await Engine.ListAccountsAsync("account", "capulet.example", seen.LastOrDefault(), 10) is { Count: > 0 } page)
        {
            Assert.That(page, Has.Count.LessThanOrEqualTo(10));
            seen.AddRange(page);
        }
        Assert.That(seen.Select(jid => jid.Local), Is.EqualTo(Enumerable.Range(0, 25).Select(i => $"user{i:00}")));
        Assert.That(await Engine.ListAccountsAsync("account", "nowhere.example", null, 10), Is.Empty);
    }

    [Test]
    public async Task Accounts_are_found_by_a_key_of_a_searchable_collection()
    {
        var searchable = StorageEngine.SearchableCollections[0];
        await Engine.Commit(new StorageBatch().Put(searchable, Romeo, "nurse@capulet.example", Bytes("1")).Put(searchable, Juliet, "nurse@capulet.example", Bytes("1"))
            .Put(searchable, Nurse, "romeo@montague.example", Bytes("1")));
        Assert.That(await Engine.FindAccountsAsync(searchable, "nurse@capulet.example"), Is.EqualTo(new[] { Juliet, Romeo }));
        await Engine.Commit(new StorageBatch().DeleteAccount(Juliet));
        Assert.That(await Engine.FindAccountsAsync(searchable, "nurse@capulet.example"), Is.EqualTo(new[] { Romeo }));
        Assert.That(() => Engine.FindAccountsAsync("vcard", "x").AsTask(), Throws.ArgumentException);
    }

    [Test]
    public async Task An_entry_comes_back_as_it_was([Values] Stage stage)
    {
        var entry = new LogEntry(Engine.NextSequence(), Noon.AddTicks(1234567), Juliet, "Gärten", Outgoing: true, Undelivered: true, Bytes("<message/>"));
        var bare = new LogEntry(Engine.NextSequence(), Noon.AddTicks(1234568), Jid.Parse("capulet.example"), "", Outgoing: false, Undelivered: false, Bytes(""));
        await Engine.Commit(new StorageBatch().Append(Log, Romeo, entry).Append(Log, Romeo, bare));
        await ReachAsync(stage);
        var read = await Engine.ReadLogAsync(Log, Romeo, new LogQuery());
        Assert.That(read.Select(Describe), Is.EqualTo(new[] { Describe(entry), Describe(bare) }));
        Assert.That((await Engine.ReadLogAsync(Log, Romeo, [bare.Sequence, 987654321, entry.Sequence])).Select(Describe), Is.EqualTo(new[] { Describe(bare), Describe(entry) }));
        Assert.That(await Engine.ReadUndeliveredAsync(Log, Romeo), Is.EqualTo(new[] { new UndeliveredEntry(entry.Sequence, 10) }));
        Assert.That(await Engine.HasPlaceAsync(Log, Romeo, bare.Sequence), Is.True);
        Assert.That(await Engine.HasPlaceAsync(Log, Romeo, bare.Sequence + 1), Is.False);
        Assert.That(await Engine.HasPlaceAsync(Log, Juliet, bare.Sequence), Is.False);
    }

    [Test]
    public async Task Content_shared_by_two_logs_is_read_from_both([Values] Stage stage)
    {
        var content = Bytes("<message>shared</message>");
        var sequence = Engine.NextSequence();
        await Engine.Commit(new StorageBatch()
            .Append(Log, Juliet, new(sequence, Noon, Romeo, "", false, true, content))
            .Append(Log, Romeo, new(sequence, Noon, Juliet, "", true, false, content)));
        await ReachAsync(stage);
        foreach (var account in new[] { Romeo, Juliet })
            Assert.That(Text((await Engine.ReadLogAsync(Log, account, [sequence])).Single().Content), Is.EqualTo("<message>shared</message>"));
    }

    [Test]
    public async Task Delivered_marks_count_once_and_only_for_what_is_there([Values] Stage appended, [Values] Stage marked)
    {
        var sequences = await FillAsync(Romeo, 6, undelivered: true);
        await ReachAsync(appended);
        await Engine.Commit(new StorageBatch().MarkDelivered(Log, Romeo, [sequences[1], sequences[3], 987654321]).MarkDelivered(Log, Juliet, [sequences[0]]));
        await Engine.Commit(new StorageBatch().MarkDelivered(Log, Romeo, [sequences[3]]).DeleteEntries(Log, Romeo, [sequences[4]]));
        await ReachAsync(marked);
        Assert.That((await Engine.ReadUndeliveredAsync(Log, Romeo)).Select(entry => entry.Sequence), Is.EqualTo(new[] { sequences[0], sequences[2], sequences[5] }));
        Assert.That((await Engine.ReadLogAsync(Log, Romeo, new LogQuery())).Where(entry => entry.Undelivered).Select(entry => entry.Sequence),
            Is.EqualTo(new[] { sequences[0], sequences[2], sequences[5] }));
        Assert.That((await Engine.ReadLogAsync(Log, Romeo, sequences)).Select(entry => entry.Undelivered), Is.EqualTo(new[] { true, false, true, false, true }));
        Assert.That(await Engine.ReadUndeliveredAsync(Log, Juliet), Is.Empty);
    }

    [Test]
    public async Task A_deleted_entry_keeps_its_place([Values] Stage appended, [Values] Stage deleted)
    {
        var sequences = await FillAsync(Romeo, 5);
        await ReachAsync(appended);
        await Engine.Commit(new StorageBatch().DeleteEntries(Log, Romeo, [sequences[0], sequences[2], 987654321]));
        await ReachAsync(deleted);
        Assert.That(await PageAsync(new()), Is.EqualTo(new[] { sequences[1], sequences[3], sequences[4] }));
        Assert.That(await PageAsync(new() { After = sequences[2] }), Is.EqualTo(new[] { sequences[3], sequences[4] }));
        Assert.That(await PageAsync(new() { Before = sequences[2], Backwards = true }), Is.EqualTo(new[] { sequences[1] }));
        Assert.That(await Engine.ReadLogAsync(Log, Romeo, [sequences[2]]), Is.Empty);
        Assert.That(await Engine.HasPlaceAsync(Log, Romeo, sequences[2]), Is.True);
        Assert.That(await Engine.HasPlaceAsync(Log, Romeo, 987654321), Is.False);
    }

    [Test]
    public async Task A_moved_entry_is_found_in_its_box_and_nowhere_else([Values] Stage appended, [Values] Stage moved)
    {
        var sequences = await FillAsync(Romeo, 5);
        await ReachAsync(appended);
        await Engine.Commit(new StorageBatch().MoveEntries(Log, Romeo, "junk", [sequences[0], sequences[1], sequences[3], 987654321]).MoveEntries(Log, Romeo, "work", [sequences[3]]));
        await ReachAsync(moved);
        Assert.That(await PageAsync(new() { Box = "" }), Is.EqualTo(new[] { sequences[2], sequences[4] }));
        Assert.That(await PageAsync(new() { Box = "junk" }), Is.EqualTo(new[] { sequences[0], sequences[1] }));
        Assert.That(await PageAsync(new() { Box = "work" }), Is.EqualTo(new[] { sequences[3] }));
        await Engine.Commit(new StorageBatch().MoveEntries(Log, Romeo, "", [sequences[0], sequences[3]]).DeleteEntries(Log, Romeo, [sequences[1]]));
        await ReachAsync(moved);
        Assert.That(await PageAsync(new() { Box = "" }), Is.EqualTo(new[] { sequences[0], sequences[2], sequences[3], sequences[4] }));
        Assert.That(await PageAsync(new() { Box = "junk" }), Is.Empty);
        Assert.That((await Engine.ReadLogAsync(Log, Romeo, sequences)).Select(entry => entry.Box), Is.All.Empty);
        Assert.That(await Engine.HasPlaceAsync(Log, Romeo, 987654321), Is.False);
    }

    [Test]
    public async Task What_is_deleted_leaves_no_trace_once_it_is_merged()
    {
        var sequence = Engine.NextSequence();
        await Engine.Commit(new StorageBatch().Append(Log, Romeo, new(sequence, Noon, Juliet, "junk", false, true, Bytes("SecretSecret"))));
        await SettleAsync(Engine);
        Assert.That(await HasTraceAsync(Engine, "SecretSecret"), Is.True);
        await Engine.Commit(new StorageBatch().DeleteEntries(Log, Romeo, [sequence]));
        await SettleAsync(Engine);
        Assert.That(await HasTraceAsync(Engine, "SecretSecret"), Is.False);
        Assert.That(await HasTraceAsync(Engine, "junk"), Is.False);
    }

    [Test]
    public async Task Pages_go_both_ways_by_sequence_time_peer_and_box([Values] Stage stage)
    {
        // Number i was received at noon + i minutes, from one of three peers, every fifth into a box.
        Jid[] peers = [Juliet, Nurse, Jid.Parse("capulet.example")];
        var sequences = new List<long>();
        for (var i = 0; i < 200; i++)
        {
            sequences.Add(Engine.NextSequence());
            await AppendAsync(Romeo, sequences[i], Noon.AddMinutes(i), peers[i % 3], i % 5 == 0 ? "work" : "");
            if (i == 99) await ReachAsync(stage);
        }
        Assert.Multiple(async () =>
        {
            Assert.That(await IndexesAsync(new() { Limit = 3 }), Is.EqualTo("0 1 2"));
            Assert.That(await IndexesAsync(new() { Limit = 3, Backwards = true }), Is.EqualTo("197 198 199"));
            Assert.That(await IndexesAsync(new() { Limit = 3, After = sequences[98] }), Is.EqualTo("99 100 101"));
            Assert.That(await IndexesAsync(new() { Limit = 3, Before = sequences[101], Backwards = true }), Is.EqualTo("98 99 100"));
            Assert.That(await IndexesAsync(new() { Limit = 3, Before = sequences[2] }), Is.EqualTo("0 1"));
            Assert.That(await IndexesAsync(new() { Limit = 4, Start = Noon.AddMinutes(98) }), Is.EqualTo("98 99 100 101"));
            Assert.That(await IndexesAsync(new() { Limit = 2, Start = Noon.AddMinutes(98.5), End = Noon.AddMinutes(101), Backwards = true }), Is.EqualTo("100 101"));
            Assert.That(await IndexesAsync(new() { Start = Noon.AddMinutes(99), End = Noon.AddMinutes(99) }), Is.EqualTo("99"));
            Assert.That(await IndexesAsync(new() { Start = Noon.AddMinutes(500) }), Is.Empty);
            Assert.That(await IndexesAsync(new() { End = Noon.AddMinutes(-1) }), Is.Empty);
            Assert.That(await IndexesAsync(new() { Peer = Nurse, Limit = 3, After = sequences[95] }), Is.EqualTo("97 100 103"));
            Assert.That(await IndexesAsync(new() { Peer = Nurse, Limit = 3, Backwards = true }), Is.EqualTo("193 196 199"));
            Assert.That(await IndexesAsync(new() { Peer = Romeo }), Is.Empty);
            Assert.That(await IndexesAsync(new() { Box = "work", Limit = 3, Backwards = true }), Is.EqualTo("185 190 195"));
            Assert.That(await IndexesAsync(new() { Box = "", Limit = 5 }), Is.EqualTo("1 2 3 4 6"));
            Assert.That(await IndexesAsync(new() { Box = "none" }), Is.Empty);
            Assert.That(await IndexesAsync(new() { Box = "work", Peer = Juliet, Start = Noon.AddMinutes(60), Limit = 3 }), Is.EqualTo("60 75 90"));
            Assert.That(await IndexesAsync(new() { Box = "work", Peer = Nurse, Limit = 2, Backwards = true }), Is.EqualTo("175 190"));
            Assert.That(await IndexesAsync(new() { Box = "work", Peer = Romeo }), Is.Empty);
            Assert.That(await IndexesAsync(new() { Containing = Bytes($"'{sequences[120]}'") }), Is.EqualTo("120"));
            Assert.That(await IndexesAsync(new() { Containing = Bytes("<message"), Peer = Nurse, Limit = 2 }), Is.EqualTo("1 4"));
            Assert.That(await IndexesAsync(new() { Containing = Bytes("none") }), Is.Empty);
            Assert.That(await IndexesAsync(new() { Limit = 0 }), Is.Empty);
            Assert.That(await IndexesAsync(new() { Limit = 1000 }), Is.EqualTo(string.Join(' ', Enumerable.Range(0, 200))));
        });

        async Task<string> IndexesAsync(LogQuery query) => string.Join(' ', (await PageAsync(query)).Select(sequence => sequences.IndexOf(sequence)));
    }

    [Test]
    public async Task An_earlier_sequence_that_is_committed_later_is_found_at_its_place([Values] Stage stage)
    {
        long[] sequences = [.. Enumerable.Range(0, 6).Select(_ => Engine.NextSequence())];
        foreach (var i in new[] { 1, 3, 5 }) await AppendAsync(Romeo, sequences[i], Noon.AddSeconds(i), Juliet);
        await ReachAsync(stage);
        foreach (var i in new[] { 4, 0, 2 }) await AppendAsync(Romeo, sequences[i], Noon.AddSeconds(i), Nurse);
        Assert.That(await PageAsync(new()), Is.EqualTo(sequences));
        Assert.That(await PageAsync(new() { Limit = 2, Backwards = true }), Is.EqualTo(sequences[4..]));
        Assert.That(await PageAsync(new() { Limit = 4 }), Is.EqualTo(sequences[..4]));
        await ReachAsync(stage);
        Assert.That(await PageAsync(new()), Is.EqualTo(sequences));
        Assert.That(await PageAsync(new() { Peer = Nurse }), Is.EqualTo(new[] { sequences[0], sequences[2], sequences[4] }));
    }

    [Test]
    public async Task A_log_is_removed_whole_and_can_begin_anew([Values] Stage before, [Values] Stage after)
    {
        var old = await FillAsync(Romeo, 4, undelivered: true);
        await Engine.Commit(new StorageBatch().Append("other", Romeo, new(Engine.NextSequence(), Noon, Juliet, "", false, false, Bytes("kept"))));
        await ReachAsync(before);
        var fresh = Engine.NextSequence();
        await Engine.Commit(new StorageBatch().DeleteLog(Log, Romeo).Append(Log, Romeo, new(fresh, Noon, Juliet, "", false, true, Bytes("new"))));
        await ReachAsync(after);
        Assert.That(await PageAsync(new()), Is.EqualTo(new[] { fresh }));
        Assert.That((await Engine.ReadUndeliveredAsync(Log, Romeo)).Select(entry => entry.Sequence), Is.EqualTo(new[] { fresh }));
        Assert.That(await Engine.HasPlaceAsync(Log, Romeo, old[0]), Is.False);
        Assert.That(await Engine.ReadLogAsync("other", Romeo, new LogQuery()), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_deleted_account_leaves_nothing_and_its_peers_keep_their_copies([Values] Stage stage)
    {
        var sequence = Engine.NextSequence();
        var content = Bytes("<body>of both</body>");
        await Engine.Commit(new StorageBatch()
            .Put("vcard", Nurse, "key-of-nurse", Bytes("value-of-nurse"))
            .Append(Log, Nurse, new(Engine.NextSequence(), Noon, Juliet, "box-of-nurse", false, true, Bytes("<body>of nurse</body>")))
            .Append(Log, Nurse, new(sequence, Noon, Romeo, "", true, false, content))
            .Append(Log, Romeo, new(sequence, Noon, Jid.Parse("friend@capulet.example"), "", false, true, content)));
        await ReachAsync(stage);
        await Engine.Commit(new StorageBatch().MarkDelivered(Log, Nurse, [sequence]).DeleteAccount(Nurse));
        Assert.That(await Engine.ReadLogAsync(Log, Nurse, new LogQuery()), Is.Empty);
        Assert.That(await Engine.ReadUndeliveredAsync(Log, Nurse), Is.Empty);
        Assert.That(await Engine.RangeAsync("vcard", Nurse), Is.Empty);
        Assert.That(await Engine.ListAccountsAsync("vcard", "capulet.example", null, 10), Is.Empty);
        Assert.That(Text((await Engine.ReadLogAsync(Log, Romeo, [sequence])).Single().Content), Is.EqualTo("<body>of both</body>"));
        await SettleAsync(Engine);
        foreach (var trace in new[] { "nurse" })
            Assert.That(await HasTraceAsync(Engine, trace), Is.False, trace);
        Assert.That(await HasTraceAsync(Engine, "of both"), Is.True);
        Engine = await ReopenAsync(Engine);
        Assert.That(await Engine.ReadLogAsync(Log, Nurse, new LogQuery()), Is.Empty);
        Assert.That(await Engine.ReadLogAsync(Log, Romeo, new LogQuery()), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Batches_committed_without_waiting_are_there_in_order_when_the_last_is()
    {
        Task last = Task.CompletedTask;
        for (var i = 0; i < 1000; i++)
            last = Engine.Commit(new StorageBatch().Put("c", Romeo, "last", Bytes($"{i}")).Append(Log, Romeo, Entry(Engine.NextSequence(), Noon.AddSeconds(i))));
        await last;
        Assert.That(Text(await Engine.GetAsync("c", Romeo, "last")), Is.EqualTo("999"));
        var page = await Engine.ReadLogAsync(Log, Romeo, new LogQuery { Limit = 2000 });
        Assert.That(page.Select(entry => entry.Time), Is.EqualTo(Enumerable.Range(0, 1000).Select(i => Noon.AddSeconds(i))));
    }

    [Test]
    public async Task An_empty_batch_is_a_barrier()
    {
        _ = Engine.Commit(new StorageBatch().Put("c", Romeo, "k", Bytes("1")));
        await Engine.Commit(new StorageBatch());
        Assert.That(Text(await Engine.GetAsync("c", Romeo, "k")), Is.EqualTo("1"));
    }

    [Test]
    public async Task Readers_see_whole_batches_while_the_writer_works()
    {
        // Each batch writes one entry into both logs.
        var writing = WriteAsync();
        var reads = 0;
        var seen = 0;
        while (!writing.IsCompleted)
        {
            var page = await Engine.ReadLogAsync(Log, Romeo, new LogQuery { Limit = 100000 });
            Assert.That(page.Select(entry => entry.Sequence), Is.Ordered.And.Unique);
            Assert.That(page, Has.Count.GreaterThanOrEqualTo(seen), "an entry that was seen is gone");
            seen = page.Count;
            var other = await Engine.ReadLogAsync(Log, Juliet, new LogQuery { Limit = 100000 });
            Assert.That(other, Has.Count.GreaterThanOrEqualTo(seen), "half a batch was seen");
            reads++;
        }
        await writing;
        Assert.That(await Engine.ReadLogAsync(Log, Romeo, new LogQuery { Limit = 100000 }), Has.Count.EqualTo(3000));
        Assert.That(reads, Is.Positive);

        async Task WriteAsync()
        {
            for (var i = 0; i < 3000; i++)
            {
                var sequence = Engine.NextSequence();
                var task = Engine.Commit(new StorageBatch().Append(Log, Romeo, Entry(sequence, Noon.AddSeconds(i))).Append(Log, Juliet, Entry(sequence, Noon.AddSeconds(i))));
                if (i % 10 == 0) await task;
                if (i % 300 == 0) await SettleAsync(Engine);
            }
            await Engine.Commit(new StorageBatch());
        }
    }

    [Test]
    public async Task A_full_JID_is_no_account()
    {
        Assert.That(() => new StorageBatch().Put("c", Jid.Parse("romeo@montague.example/orchard"), "k", default), Throws.ArgumentException);
        await Engine.Commit(new StorageBatch());
    }

    /// <summary>Where entries are when a test goes on.</summary>
    public enum Stage { Committed, Settled, Reopened }

    protected async Task ReachAsync(Stage stage)
    {
        if (stage == Stage.Settled) await SettleAsync(Engine);
        if (stage == Stage.Reopened) Engine = await ReopenAsync(Engine);
    }

    protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string? Text(ReadOnlyMemory<byte>? bytes) => bytes is { } found ? Encoding.UTF8.GetString(found.Span) : null;

    protected static LogEntry Entry(long sequence, DateTimeOffset time) => new(sequence, time, Juliet, "", false, false, Bytes($"<message id='{sequence}'/>"));

    private static string Describe(LogEntry entry) =>
        $"{entry.Sequence} {entry.Time.UtcTicks} {entry.Peer} '{entry.Box}' {entry.Outgoing} {entry.Undelivered} {Text(entry.Content)}";

    protected async Task<long[]> FillAsync(Jid account, int count, bool undelivered = false)
    {
        var sequences = new long[count];
        var batch = new StorageBatch();
        for (var i = 0; i < count; i++)
            batch.Append(Log, account, Entry(sequences[i] = Engine.NextSequence(), Noon.AddSeconds(i)) with { Undelivered = undelivered });
        await Engine.Commit(batch);
        return sequences;
    }

    protected Task AppendAsync(Jid account, long sequence, DateTimeOffset time, Jid peer, string box = "") =>
        Engine.Commit(new StorageBatch().Append(Log, account, new(sequence, time, peer, box, false, false, Bytes($"<message id='{sequence}'/>"))));

    protected async Task<long[]> PageAsync(LogQuery query) => [.. (await Engine.ReadLogAsync(Log, Romeo, query)).Select(entry => entry.Sequence)];

    private async Task<string> KeysAsync(string collection, Jid account) =>
        string.Join(' ', (await Engine.RangeAsync(collection, account)).Select(pair => $"{pair.Key}={Text(pair.Value)}"));
}
