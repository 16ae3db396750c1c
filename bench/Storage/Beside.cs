using System.Diagnostics;
using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Bench;

/// <summary>
/// Messages stored durably in both logs while somebody pages through the archive that <see cref="Pages"/> left in the folder, against the same
/// alone: pairs in turn, so that whatever else the machine does falls on both.
/// </summary>
internal static class Beside
{
    private const int Accounts = 100, Window = 200;

    public static async Task RunAsync(string root, int archived)
    {
        await using var engine = await SqliteEngine.OpenAsync(Path.Combine(root, "pages"));
        var owner = Jid.Parse("owner0@example.org");
        if (!await engine.HasPlaceAsync(InboxStore.Log, owner, archived)) throw new InvalidOperationException("Run pages with this folder first.");
        // The owner is one of those who get messages meanwhile.
        var traffic = new Traffic(Accounts, owner);
        await StoreAsync(engine, traffic, 40_000);
        // The second is no user: a reader without a pause takes whatever processors there are, also from the writer.
        foreach (var (name, pause, pairs, messages) in new[] { ("100 pages a second", 10.0, 10, 100_000), ("pages back to back", 0, 4, 20_000) })
        {
            var ratios = new List<double>();
            for (var pair = 0; pair < pairs; pair++)
            {
                double alone = 0, beside = 0;
                var pages = 0;
                // Which comes first alternates too.
                for (var half = 0; half < 2; half++)
                {
                    if (half == pair % 2) alone = await StoreAsync(engine, traffic, messages);
                    else
                    {
                        using var over = new CancellationTokenSource();
                        var reading = ReadAsync(engine, owner, archived, pause, over.Token);
                        beside = await StoreAsync(engine, traffic, messages);
                        await over.CancelAsync();
                        pages = await reading;
                    }
                }
                ratios.Add(beside / alone);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: alone {alone,8:N0} msg/s, beside {pages,6:N0} pages {beside,8:N0} msg/s: {beside / alone:0.00}"));
            }
            ratios.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: median {(ratios[(pairs - 1) / 2] + ratios[pairs / 2]) / 2:0.00}, from {ratios[0]:0.00} to {ratios[^1]:0.00}"));
        }
    }

    private static async Task<double> StoreAsync(SqliteEngine engine, Traffic traffic, int messages)
    {
        var outstanding = new Queue<Task>();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < messages; i++)
        {
            var batch = new StorageBatch();
            InboxStore.Append(batch, engine.NextSequence(), Traffic.Time(2_000_000 + i), traffic.Sender(i), true, traffic.Recipient(i), true, undelivered: false, LogContent.Of(traffic.Content(i)));
            outstanding.Enqueue(engine.Commit(batch));
            while (outstanding.Count >= Window) await outstanding.Dequeue();
        }
        await engine.Commit(new StorageBatch());
        return messages / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<int> ReadAsync(SqliteEngine engine, Jid owner, int archived, double pause, CancellationToken over)
    {
        using var pace = pause > 0 ? new PeriodicTimer(TimeSpan.FromMilliseconds(pause)) : null;
        var middle = archived / 2;
        var all = new LogQuery { Box = "", Limit = 51 };
        var pages = 0;
        for (; !over.IsCancellationRequested; pages++)
        {
            var query = (pages % 4) switch
            {
                0 => all with { Backwards = true },
                1 => all with { Peer = Jid.Parse("rare@example.org"), Backwards = true },
                2 => all with { Start = Traffic.Time(middle + (pages * 10 % middle)) },
                _ => all with { Before = middle + (pages * 10 % middle), Backwards = true },
            };
            if ((await engine.ReadLogAsync(InboxStore.Log, owner, query, CancellationToken.None)).Count == 0) throw new InvalidOperationException("A page is missing.");
            if (pace is not null) _ = await pace.WaitForNextTickAsync(CancellationToken.None);
        }
        return pages;
    }
}
