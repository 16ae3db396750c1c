using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Bench;

/// <summary>What waits for an account is read in pages of sequences and marked delivered, from memory and from chunks.</summary>
internal static class Drain
{
    private const int Messages = 100_000, Accounts = 20;

    public static async Task RunAsync(string root)
    {
        foreach (var page in new[] { 20, 100, 500 })
        {
            foreach (var merged in new[] { false, true })
            {
                await using var engine = await SqliteEngine.OpenAsync(Path.Combine(root, $"drain{page}{merged}"), new StorageSettings { TailBytes = merged ? 8 << 20 : 1 << 30 });
                var traffic = new Traffic(Accounts);
                Task last = Task.CompletedTask;
                for (var i = 0; i < Messages; i++)
                {
                    var batch = new StorageBatch();
                    InboxStore.Append(batch, engine.NextSequence(), Traffic.Time(i), traffic.Sender(i), true, traffic.Recipient(i), true, undelivered: true, LogContent.Of(traffic.Content(i)));
                    last = engine.Commit(batch);
                    if (i % Traffic.Window == 0) await last;
                }
                await last;
                if (merged) await engine.MergeAsync();
                var clock = new Stopclock();
                for (var a = 0; a < Accounts; a++)
                {
                    var waiting = await engine.ReadUndeliveredAsync(InboxStore.Log, traffic.Sender(a));
                    foreach (var some in waiting.Select(entry => entry.Sequence).Chunk(page))
                    {
                        var entries = await engine.ReadLogAsync(InboxStore.Log, traffic.Sender(a), some);
                        if (entries.Count != some.Length) throw new InvalidOperationException("Some are missing.");
                        last = engine.Commit(new StorageBatch().MarkDelivered(InboxStore.Log, traffic.Sender(a), some));
                    }
                }
                await last;
                Console.WriteLine($"drain, pages of {page,3}, {(merged ? "from chunks:" : "from memory:")} {clock.Report(Messages)}");
            }
        }
    }
}
