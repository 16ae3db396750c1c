using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using PresenceXml.Protocol;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Tests;

/// <summary>The files of a store: opening, guarding, copying and restoring them.</summary>
[TestFixture]
public sealed class SqliteStoreTests
{
    private static readonly Jid Romeo = Jid.Parse("romeo@montague.example");
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private TestFolder folder = null!;

    private string StoreFile => folder.File("presencexml.db");

    [SetUp]
    public void SetUp() => folder = new();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [Test]
    public async Task A_directory_has_one_owner_at_a_time()
    {
        await using (await SqliteEngine.OpenAsync(folder.Path))
        {
            Assert.That(async () => await SqliteEngine.OpenAsync(folder.Path), Throws.TypeOf<StorageException>()
                .With.Message.Contain(folder.Path).And.Message.Contain($"process {Environment.ProcessId}"));
            Assert.That(async () => await SqliteEngine.RestoreAsync(StoreFile, folder.Path), Throws.TypeOf<StorageException>());
        }
        await using var next = await SqliteEngine.OpenAsync(folder.Path);
        Assert.That(next.IsFailing, Is.False);
    }

    [Test]
    public async Task What_was_moved_is_moved_after_a_crash_wherever_it_lay()
    {
        var copy = folder.File("copy");
        Directory.CreateDirectory(copy);
        await using (var engine = await SqliteEngine.OpenAsync(folder.File("store")))
        {
            long merged = engine.NextSequence(), young = engine.NextSequence();
            await engine.Commit(new StorageBatch().Append("inbox", Romeo, new(merged, Noon, Romeo, "", false, false, "a"u8.ToArray())));
            await engine.MergeAsync();
            await engine.Commit(new StorageBatch().Append("inbox", Romeo, new(young, Noon, Romeo, "", false, false, "b"u8.ToArray())));
            await engine.Commit(new StorageBatch().MoveEntries("inbox", Romeo, "work", [merged, young]));
            foreach (var name in new[] { "presencexml.db", "presencexml.db-wal" })
                File.Copy(Path.Combine(folder.File("store"), name), Path.Combine(copy, name));
        }
        await using var after = await SqliteEngine.OpenAsync(copy);
        Assert.That(await after.ReadLogAsync("inbox", Romeo, new LogQuery { Box = "work" }), Has.Count.EqualTo(2));
        Assert.That(await after.ReadLogAsync("inbox", Romeo, new LogQuery { Box = "" }), Is.Empty);
    }

    [Test]
    public void A_directory_without_a_store_is_refused_when_none_is_to_be_made()
    {
        var missing = folder.File("missing");
        Assert.That(async () => await SqliteEngine.OpenAsync(missing, new StorageSettings { Create = false }),
            Throws.TypeOf<StorageException>().With.Message.Contain(missing));
        Assert.That(Directory.Exists(missing), Is.False);
    }

    [Test]
    public void A_directory_that_cannot_be_made_is_named()
    {
        File.WriteAllText(folder.File("file"), "");
        Assert.That(async () => await SqliteEngine.OpenAsync(folder.File("file/data")), Throws.TypeOf<StorageException>().With.Message.Contain("file/data"));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Only_the_owner_can_read_the_files()
    {
        var data = folder.File("data");
        await using var engine = await SqliteEngine.OpenAsync(data);
        await engine.Commit(Message(engine, "text"));
        await engine.BackupAsync(folder.File("backup"));
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.That(File.GetUnixFileMode(data), Is.EqualTo(Owner | UnixFileMode.UserExecute));
        Assert.That(Directory.GetFiles(data).Append(folder.File("backup")).Where(file => File.GetUnixFileMode(file) != Owner), Is.Empty);
    }

    [Test]
    public async Task A_newer_store_is_refused_with_both_versions()
    {
        await (await SqliteEngine.OpenAsync(folder.Path)).DisposeAsync();
        Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Schema.Migrations.Count + 1}"));
        Assert.That(async () => await SqliteEngine.OpenAsync(folder.Path), Throws.TypeOf<StorageException>()
            .With.Message.Contain("newer version").And.Message.Contain($"schema {Schema.Migrations.Count + 1}"));
        Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Schema.Migrations.Count}"));
        await using var engine = await SqliteEngine.OpenAsync(folder.Path);
    }

    [Test]
    public async Task A_store_of_the_first_version_is_read_and_from_then_on_refused_by_its_server()
    {
        // Without marks an entry lies as the first version wrote it, so this is such a store.
        await using (var engine = await SqliteEngine.OpenAsync(folder.Path))
            await engine.Commit(Message(engine, "old"));
        Assert.That(Execute("SELECT hex(substr(data, 1, 1)) FROM chunk"), Is.EqualTo("01"));
        Execute("PRAGMA user_version = 1");
        await using (var engine = await SqliteEngine.OpenAsync(folder.Path))
        {
            var read = await engine.ReadLogAsync(InboxStore.Log, Romeo, new LogQuery());
            Assert.That(Encoding.UTF8.GetString(read.Single().Content.Span), Is.EqualTo("old"));
        }
        Assert.That(Execute("PRAGMA user_version"), Is.EqualTo(Schema.Migrations.Count).And.GreaterThan(1));
    }

    [Test]
    public async Task Marks_come_back_from_a_backup()
    {
        LogMark mark;
        await using (var engine = await SqliteEngine.OpenAsync(folder.File("data")))
        {
            mark = new(engine.NextSequence(), 12);
            await engine.Commit(new StorageBatch().Append(InboxStore.Log, Romeo, new(engine.NextSequence(), Noon, Romeo, "", false, true, new byte[10]) { Mark = mark }));
            await engine.MergeAsync();
            // One in the chunks, one in the journal.
            mark = mark with { Count = 13 };
            await engine.Commit(new StorageBatch().AppendPlace(InboxStore.Log, Romeo, engine.NextSequence(), Noon, mark));
            await engine.BackupAsync(folder.File("backup.db"));
        }
        await SqliteEngine.RestoreAsync(folder.File("backup.db"), folder.File("restored"));
        await using var restored = await SqliteEngine.OpenAsync(folder.File("restored"));
        Assert.That(await restored.FindMarkAsync(InboxStore.Log, Romeo, mark.Handle), Is.EqualTo(mark));
        Assert.That((await restored.ReadLogAsync(InboxStore.Log, Romeo, new LogQuery())).Single().Mark, Is.EqualTo(mark with { Count = 12 }));
    }

    [Test]
    public async Task A_mark_is_found_without_reading_the_contents_of_what_came_after_it()
    {
        await using var engine = await SqliteEngine.OpenAsync(folder.Path, new StorageSettings { Durable = false, ChunkBytes = 1000 });
        var mark = new LogMark(engine.NextSequence(), 1);
        var large = new byte[1_000_000];
        for (var i = 0; i < 20; i++)
        {
            var later = i == 0 ? mark : new LogMark(engine.NextSequence(), 2);
            await engine.Commit(new StorageBatch().Append(InboxStore.Log, Romeo, new(engine.NextSequence(), Noon, Romeo, "", false, false, large) { Mark = later }));
            await engine.MergeAsync();
        }
        var before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.That(await engine.FindMarkAsync(InboxStore.Log, Romeo, mark.Handle), Is.EqualTo(mark));
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(500_000));
    }

    [Test]
    public async Task A_chunk_is_not_looked_into_for_whose_entries_in_it_are_all_deleted()
    {
        await using var engine = await SqliteEngine.OpenAsync(folder.Path, new StorageSettings { Durable = false });
        var juliet = Jid.Parse("juliet@capulet.example");
        long[] sequences = [.. Enumerable.Range(0, 6).Select(_ => engine.NextSequence())];
        var batch = new StorageBatch();
        // Even ones are Juliet's; one is in a box.
        for (var i = 0; i < sequences.Length; i++)
            batch.Append(InboxStore.Log, Romeo, new(sequences[i], Noon, i % 2 == 0 ? juliet : Romeo, i == 1 ? "work" : "", false, false, new byte[10]));
        await engine.Commit(batch);
        await engine.MergeAsync();
        Assert.That(Execute("SELECT count(*) FROM facet"), Is.EqualTo(3));
        await engine.Commit(new StorageBatch().DeleteEntries(InboxStore.Log, Romeo, [sequences[0], sequences[1], sequences[2]]));
        await engine.MergeAsync();
        Assert.That(Execute("SELECT count(*) FROM facet"), Is.EqualTo(2), "the box is empty");
        Assert.That(await engine.ReadLogAsync(InboxStore.Log, Romeo, new LogQuery { Peer = juliet }), Has.Count.EqualTo(1));
        await engine.Commit(new StorageBatch().DeleteEntries(InboxStore.Log, Romeo, [sequences[4]]));
        await engine.MergeAsync();
        Assert.That(Execute("SELECT count(*) FROM facet"), Is.EqualTo(1), "Juliet is gone");
        await engine.Commit(new StorageBatch().Append(InboxStore.Log, Romeo, new(engine.NextSequence(), Noon, juliet, "", false, false, new byte[10])));
        await engine.MergeAsync();
        Assert.That(await engine.ReadLogAsync(InboxStore.Log, Romeo, new LogQuery { Peer = juliet }), Has.Count.EqualTo(1), "and back");
    }

    [Test]
    public async Task A_page_keeps_what_is_on_it_and_not_what_lay_beside_it()
    {
        await using var engine = await SqliteEngine.OpenAsync(folder.Path, new StorageSettings { Durable = false });
        var juliet = Jid.Parse("juliet@capulet.example");
        for (var i = 0; i < 3000; i++)
            _ = engine.Commit(new StorageBatch().Append(InboxStore.Log, Romeo, new(engine.NextSequence(), Noon, i % 100 == 0 ? juliet : Romeo, "", false, false, new byte[1000])));
        await engine.Commit(new StorageBatch());
        await engine.MergeAsync();
        var query = new LogQuery { Peer = juliet };
        _ = await engine.ReadLogAsync(InboxStore.Log, Romeo, query);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var page = await engine.ReadLogAsync(InboxStore.Log, Romeo, query);
        Assert.That(page, Has.Count.EqualTo(30));
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(200_000), "each lies in another chunk of 32 KB");
    }

    [Test]
    public async Task Nothing_is_missed_or_doubled_while_merging_never_ends()
    {
        await using var engine = await SqliteEngine.OpenAsync(folder.Path, new StorageSettings { Durable = false, TailBytes = 1, ChunkBytes = 500 });
        const int Count = 1500;
        var acknowledged = 0;
        var reading = Enumerable.Range(0, 3).Select(_ => ReadAsync()).ToArray();
        for (var i = 1; i <= Count; i++)
        {
            await engine.Commit(Message(engine, "text"));
            acknowledged = i;
        }
        await Task.WhenAll(reading);

        async Task ReadAsync()
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            while (Volatile.Read(ref acknowledged) < Count)
            {
                var known = Volatile.Read(ref acknowledged);
                var page = await engine.ReadLogAsync(InboxStore.Log, Romeo, new LogQuery { Limit = 40, Backwards = true });
                var last = page.Count == 0 ? 0 : (int)page[^1].Sequence;
                Assert.That(page.Select(entry => entry.Sequence), Is.EqualTo(Enumerable.Range(last - page.Count + 1, page.Count)));
                Assert.That(last, Is.GreaterThanOrEqualTo(known));
            }
        }
    }

    [Test]
    public void A_file_of_another_program_is_refused_and_left_alone()
    {
        Execute("CREATE TABLE theirs (x)");
        Assert.That(async () => await SqliteEngine.OpenAsync(folder.Path), Throws.TypeOf<StorageException>().With.Message.Contain("not a store of this server"));
        Execute("INSERT INTO theirs VALUES (1)");
        File.WriteAllBytes(StoreFile, Encoding.ASCII.GetBytes(new string('?', 10_000)));
        Assert.That(async () => await SqliteEngine.OpenAsync(folder.Path), Throws.TypeOf<StorageException>().With.Message.Contain("not a store of this server"));
    }

    [Test]
    public async Task A_damaged_record_is_reported_and_the_rest_still_serves()
    {
        await using (var engine = await SqliteEngine.OpenAsync(folder.Path))
            await engine.Commit(Message(engine, "text"));
        Execute("UPDATE chunk SET data = x'01ffff'");
        await using var damaged = await SqliteEngine.OpenAsync(folder.Path);
        Assert.That(async () => await damaged.ReadLogAsync(InboxStore.Log, Romeo, new LogQuery()), Throws.TypeOf<StorageException>().With.Message.Contain("damaged"));
        await damaged.Commit(new StorageBatch().Put("c", Romeo, "k", "v"u8.ToArray()));
        Assert.That(await damaged.GetAsync("c", Romeo, "k"), Is.Not.Null);
    }

    [Test]
    public async Task A_damaged_file_is_reported()
    {
        await using (var engine = await SqliteEngine.OpenAsync(folder.Path))
        {
            for (var i = 0; i < 200; i++) _ = engine.Commit(Message(engine, new string('x', 1000)));
            await engine.Commit(new StorageBatch());
        }
        using (var file = new FileStream(StoreFile, FileMode.Open))
        {
            file.Position = 4096;
            file.Write(new byte[file.Length - 4096]);
        }
        Assert.That(async () =>
        {
            await using var engine = await SqliteEngine.OpenAsync(folder.Path);
            await engine.ReadLogAsync(InboxStore.Log, Romeo, new LogQuery());
        }, Throws.TypeOf<StorageException>().With.Message.Contain("damaged"));
    }

    [Test]
    public async Task A_backup_made_while_writing_is_whole_and_can_be_restored()
    {
        var backup = folder.File("backup.db");
        var restored = folder.File("restored");
        string incarnation;
        long before;
        await using (var engine = await SqliteEngine.OpenAsync(folder.File("data"), new StorageSettings { TailBytes = 50_000 }))
        {
            incarnation = engine.Incarnation;
            for (var i = 0; i < 500; i++) _ = engine.Commit(Message(engine, $"early {i}"));
            var writing = WriteAsync(engine);
            await engine.BackupAsync(backup);
            before = await writing;
            Assert.That(async () => await engine.BackupAsync(backup), Throws.TypeOf<StorageException>().With.Message.Contain(backup));
        }
        Assert.That(Directory.GetFiles(folder.Path), Is.EqualTo(new[] { backup }), "nothing half done is left");
        await SqliteEngine.RestoreAsync(backup, restored);
        await using (var engine = await SqliteEngine.OpenAsync(restored))
        {
            var entries = await engine.ReadLogAsync(InboxStore.Log, Romeo, new LogQuery { Limit = 100_000 });
            Assert.That(entries, Has.Count.GreaterThanOrEqualTo(500));
            Assert.That(entries.Select(entry => entry.Sequence), Is.EqualTo(Enumerable.Range(1, entries.Count)), "one moment has no gaps");
            Assert.That(engine.Incarnation, Is.Not.EqualTo(incarnation));
            Assert.That(engine.NextSequence(), Is.GreaterThan(before + (1L << 30)), "what was given after the backup is not given again");
        }
        Assert.That(async () => await SqliteEngine.RestoreAsync(backup, restored), Throws.TypeOf<StorageException>().With.Message.Contain("has a store already"));

        static async Task<long> WriteAsync(SqliteEngine engine)
        {
            for (var i = 0; i < 2000; i++) _ = engine.Commit(Message(engine, $"late {i}"));
            await engine.Commit(new StorageBatch());
            return engine.NextSequence();
        }
    }

    [Test]
    public async Task A_damaged_backup_is_refused_and_leaves_nothing()
    {
        var backup = folder.File("backup.db");
        await using (var engine = await SqliteEngine.OpenAsync(folder.File("data")))
        {
            for (var i = 0; i < 100; i++) _ = engine.Commit(Message(engine, new string('x', 1000)));
            await engine.MergeAsync();
            await engine.BackupAsync(backup);
        }
        var bytes = File.ReadAllBytes(backup);
        foreach (var damage in new[] { bytes[..5000], [.. bytes[..4096], .. new byte[bytes.Length - 4096]], Encoding.ASCII.GetBytes("no database at all") })
        {
            File.WriteAllBytes(backup, damage);
            Assert.That(async () => await SqliteEngine.RestoreAsync(backup, folder.File("restored")), Throws.TypeOf<StorageException>().With.Message.Contain("backup"));
            Assert.That(Directory.GetFiles(folder.File("restored"), "*.db*"), Is.Empty);
        }
        Assert.That(async () => await SqliteEngine.RestoreAsync(folder.File("none"), folder.File("restored")), Throws.TypeOf<StorageException>());
    }

    [Test]
    public Task The_write_ahead_file_does_not_grow_with_the_traffic() => WriteAheadFileStaysBounded(new() { TailBytes = 1_000_000, Durable = false });

    [Test]
    public Task The_write_ahead_file_does_not_grow_while_a_copy_takes_long()
    {
        var copies = 0;
        return WriteAheadFileStaysBounded(new()
        {
            TailBytes = 1_000_000,
            Durable = false,
            Fault = step =>
            {
                if (step == StorageStep.Checkpoint && copies++ == 0) Task.Delay(TimeSpan.FromSeconds(10)).Wait();
            },
        });
    }

    private async Task WriteAheadFileStaysBounded(StorageSettings settings)
    {
        await using var engine = await SqliteEngine.OpenAsync(folder.Path, settings);
        var content = new string('x', 4000);
        for (var i = 0; i < 60_000; i++)
        {
            var task = engine.Commit(Message(engine, content));
            if (i % 500 == 0) await task;
        }
        await engine.Commit(new StorageBatch());
        Assert.That(new FileInfo(StoreFile + "-wal").Length, Is.LessThan(160L << 20));
        Assert.That(new FileInfo(StoreFile).Length, Is.GreaterThan(200L << 20));
        Assert.That(engine.TailBytes, Is.LessThan(10_000_000));
    }

    private static StorageBatch Message(SqliteEngine engine, string text) =>
        new StorageBatch().Append(InboxStore.Log, Romeo, new(engine.NextSequence(), Noon, Romeo, "", false, true, Encoding.UTF8.GetBytes(text)));

    private object? Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={StoreFile};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
