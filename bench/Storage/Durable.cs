using System.Globalization;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Bench;

/// <summary>Messages stored durably in both logs, at most <see cref="Traffic.Window"/> unacknowledged, for growing numbers of accounts.</summary>
internal static class Durable
{
    public static async Task RunAsync(string root)
    {
        foreach (var (accounts, messages) in new[] { (2, 100_000), (10, 200_000), (100, 200_000), (1000, 200_000), (10_000, 200_000) })
        {
            Console.WriteLine($"{accounts,6} accounts, undelivered:     {await StoreAsync(Path.Combine(root, $"u{accounts}"), accounts, messages, deliver: false)}");
            Console.WriteLine($"{accounts,6} accounts, live, delivered: {await StoreAsync(Path.Combine(root, $"d{accounts}"), accounts, messages, deliver: true)}");
        }
        Console.WriteLine($"one at a time:                  {await StoreAsync(Path.Combine(root, "one"), 2, 2000, deliver: false, window: 1)}");
    }

    public static async Task<string> StoreAsync(string folder, int accounts, int messages, bool deliver, int window = Traffic.Window)
    {
        await using var engine = await SqliteEngine.OpenAsync(folder);
        var traffic = new Traffic(accounts);
        var contents = Enumerable.Range(0, 1000).Select(traffic.Content).ToArray();
        await RunAsync(engine, traffic, contents, 2000, deliver, window);
        var clock = new Stopclock();
        var commits = await RunAsync(engine, traffic, contents, messages, deliver, window);
        await engine.MergeAsync();
        var size = new FileInfo(Path.Combine(folder, "presencexml.db")).Length;
        return clock.Report(messages, string.Create(CultureInfo.InvariantCulture, $"{messages / (double)commits,6:0.0} msg/commit  {size / 1048576.0,5:0} MB file"));
    }

    private static async Task<int> RunAsync(SqliteEngine engine, Traffic traffic, byte[][] contents, int messages, bool deliver, int window)
    {
        var outstanding = new Queue<Task>();
        var commits = 0;
        Task? last = null;
        for (var i = 0; i < messages; i++)
        {
            var sequence = engine.NextSequence();
            var batch = new StorageBatch();
            // A fresh copy, as a stanza that has just arrived has its own bytes.
            InboxStore.Append(batch, sequence, Traffic.Time(i), traffic.Sender(i), true, traffic.Recipient(i), true, undelivered: true, LogContent.Of(contents[i % contents.Length].AsSpan().ToArray()));
            var task = engine.Commit(batch);
            if (deliver) task = engine.Commit(new StorageBatch().MarkDelivered(InboxStore.Log, traffic.Recipient(i), [sequence]));
            if (task != last) commits++;
            outstanding.Enqueue(last = task);
            while (outstanding.Count >= window) await outstanding.Dequeue();
        }
        await last!;
        return commits;
    }
}
