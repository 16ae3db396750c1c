using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Tests;

/// <summary>What the writer does when the disk does not.</summary>
[TestFixture]
public sealed class SqliteFailureTests
{
    private static readonly Jid Romeo = Jid.Parse("romeo@montague.example");
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private TestFolder folder = null!;
    private volatile Func<StorageStep, bool> fails = static _ => false;

    private StorageSettings Faulty => new()
    {
        Durable = false,
        TailBytes = 2000,
        ChunkBytes = 500,
        Fault = step =>
        {
            if (fails(step)) throw new StorageException($"Asked to fail at {step}.");
        },
    };

    [SetUp]
    public void SetUp()
    {
        folder = new();
        fails = static _ => false;
    }

    [TearDown]
    public void TearDown() => folder.Dispose();

    [Test]
    public async Task A_failed_commit_fails_its_group_leaves_nothing_and_the_next_one_succeeds([Values("Begin", "Journal", "Commit")] string step)
    {
        await using var engine = await SqliteEngine.OpenAsync(folder.Path, Faulty);
        await engine.Commit(Message(engine, "before"));
        var failing = Enum.Parse<StorageStep>(step);
        fails = at => at == failing;
        Assert.That(async () => await engine.Commit(Message(engine, "lost").Put("c", Romeo, "k", "lost"u8.ToArray())), Throws.TypeOf<StorageException>());
        Assert.That(engine.IsFailing, Is.True);
        Assert.That(await ContentsAsync(engine), Is.EqualTo("before"));
        Assert.That(await engine.GetAsync("c", Romeo, "k"), Is.Null);
        fails = static _ => false;
        await engine.Commit(Message(engine, "after"));
        Assert.That(engine.IsFailing, Is.False);
        Assert.That(await ContentsAsync(engine), Is.EqualTo("before after"));
        await engine.MergeAsync();
        Assert.That(await ContentsAsync(engine), Is.EqualTo("before after"));
    }

    [Test]
    public async Task All_batches_of_a_group_share_its_fate_and_its_task()
    {
        using var entered = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        var steps = 0;
        fails = step =>
        {
            if (step != StorageStep.Begin) return false;
            // The first group holds the writer while the second is filled; the second fails.
            if (Interlocked.Increment(ref steps) != 1) return steps == 2;
            entered.Release();
            go.Wait();
            return false;
        };
        await using var engine = await SqliteEngine.OpenAsync(folder.Path, Faulty);
        var first = engine.Commit(Message(engine, "first"));
        await entered.WaitAsync();
        var second = engine.Commit(Message(engine, "second"));
        var third = engine.Commit(Message(engine, "third"));
        Assert.That(third, Is.SameAs(second));
        go.Release();
        await first;
        Assert.That(async () => await third, Throws.TypeOf<StorageException>());
        await engine.Commit(Message(engine, "fourth"));
        Assert.That(await ContentsAsync(engine), Is.EqualTo("first fourth"));
    }

    [Test]
    public async Task The_engine_finds_out_by_itself_that_it_can_write_again()
    {
        var probed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = await SqliteEngine.OpenAsync(folder.Path, Faulty);
        fails = static step => step == StorageStep.Commit;
        Assert.That(async () => await engine.Commit(Message(engine, "lost")), Throws.TypeOf<StorageException>());
        fails = step =>
        {
            if (step == StorageStep.Commit) probed.TrySetResult();
            return false;
        };
        await probed.Task;
        // A barrier is answered after the probe that the writer is at.
        await engine.Commit(new StorageBatch());
        Assert.That(engine.IsFailing, Is.False);
    }

    [Test]
    public async Task A_failed_merge_loses_nothing_and_is_done_later([Values("Merge", "MergeCommit")] string step)
    {
        await using var engine = await SqliteEngine.OpenAsync(folder.Path, Faulty);
        var failing = Enum.Parse<StorageStep>(step);
        fails = at => at == failing;
        var words = Enumerable.Range(0, 40).Select(i => $"word{i}").ToArray();
        foreach (var word in words) await engine.Commit(Message(engine, word));
        Assert.That(async () => await engine.MergeAsync(), Throws.TypeOf<StorageException>());
        Assert.That(await ContentsAsync(engine), Is.EqualTo(string.Join(' ', words)));
        Assert.That(engine.TailBytes, Is.Positive);
        fails = static _ => false;
        await engine.MergeAsync();
        Assert.That(engine.TailBytes, Is.Zero);
        Assert.That(await ContentsAsync(engine), Is.EqualTo(string.Join(' ', words)));
    }

    [Test]
    public async Task A_tail_that_cannot_be_merged_stops_messages_before_memory_is_used_up()
    {
        await using var engine = await SqliteEngine.OpenAsync(folder.Path, Faulty);
        fails = static step => step == StorageStep.Merge;
        var stored = 0;
        Assert.That(async () =>
        {
            for (; stored < 10_000; stored++) await engine.Commit(Message(engine, "word"));
        }, Throws.TypeOf<StorageException>());
        Assert.That(engine.IsFailing, Is.True);
        Assert.That(engine.TailBytes, Is.LessThan(2000 * 10));
        fails = static _ => false;
        await engine.MergeAsync();
        await engine.Commit(Message(engine, "word"));
        Assert.That(engine.IsFailing, Is.False);
        Assert.That((await ContentsAsync(engine)).Split(' '), Has.Length.EqualTo(stored + 1));
    }

    [Test]
    public async Task A_full_disk_fails_with_a_clear_text_and_what_was_acknowledged_stays()
    {
        var acknowledged = new List<string>();
        await using (var engine = await SqliteEngine.OpenAsync(folder.Path, new StorageSettings { MaxPages = 100, TailBytes = 100_000 }))
        {
            StorageException? failure = null;
            for (var i = 0; failure is null && i < 10_000; i++)
            {
                try
                {
                    await engine.Commit(Message(engine, $"word{i}" + new string('x', 2000)));
                    acknowledged.Add($"word{i}");
                }
                catch (StorageException e)
                {
                    failure = e;
                }
            }
            Assert.That(failure?.Message, Does.Contain("disk is full").And.Contain(folder.Path));
            Assert.That(engine.IsFailing, Is.True);
            Assert.That(acknowledged, Is.Not.Empty);
            Assert.That((await ContentsAsync(engine)).Split(' ').Select(word => word.TrimEnd('x')), Is.EqualTo(acknowledged));
        }
        await using var again = await SqliteEngine.OpenAsync(folder.Path);
        Assert.That((await ContentsAsync(again)).Split(' ').Select(word => word.TrimEnd('x')), Is.EqualTo(acknowledged));
        await again.Commit(Message(again, "room"));
        Assert.That(again.IsFailing, Is.False);
    }

    [Test]
    public async Task A_closed_store_takes_nothing_more()
    {
        var engine = await SqliteEngine.OpenAsync(folder.Path);
        var last = engine.Commit(Message(engine, "last"));
        await engine.DisposeAsync();
        await engine.DisposeAsync();
        await last;
        Assert.That(async () => await engine.Commit(new StorageBatch()), Throws.TypeOf<StorageException>());
        await using var again = await SqliteEngine.OpenAsync(folder.Path);
        Assert.That(await ContentsAsync(again), Is.EqualTo("last"));
    }

    private static StorageBatch Message(SqliteEngine engine, string text) =>
        new StorageBatch().Append(InboxStore.Log, Romeo, new(engine.NextSequence(), Noon, Romeo, "", false, true, Encoding.UTF8.GetBytes(text)));

    private static async Task<string> ContentsAsync(SqliteEngine engine) =>
        string.Join(' ', (await engine.ReadLogAsync(InboxStore.Log, Romeo, new LogQuery { Limit = 100_000 })).Select(entry => Encoding.UTF8.GetString(entry.Content.Span)));
}
