using System.Diagnostics;
using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Bench;

/// <summary>
/// Reads from the archive of one account that has many messages from 500 peers, ten from one more, and as many as all others from one it writes
/// with each day. A store that a run before left in the folder is used again.
/// </summary>
internal sealed class Pages(SqliteEngine engine, int messages)
{
    private const int Peers = 500;

    // As the archive asks: one more than it sends, and not what only waits for its delivery.
    private static readonly LogQuery Page = new() { Box = "", Limit = 51 };

    private readonly Jid owner = Jid.Parse("owner0@example.org");
    private readonly Jid rare = Jid.Parse("rare@example.org");
    private readonly Jid daily = Jid.Parse("daily@example.org");
    private readonly Traffic traffic = new(Peers);

    public static async Task RunAsync(string root, int messages)
    {
        await using var engine = await SqliteEngine.OpenAsync(Path.Combine(root, "pages"));
        var pages = new Pages(engine, messages);
        await pages.FillAsync();
        Console.WriteLine($"{new FileInfo(Path.Combine(root, "pages", "presencexml.db")).Length >> 20} MB file");
        await pages.MeasureAsync();
    }

    /// <summary>Stores the messages; their sequences are 1, 2, 3 …</summary>
    private async Task FillAsync()
    {
        if (await engine.HasPlaceAsync(InboxStore.Log, owner, messages)) return;
        var clock = new Stopclock();
        for (var i = 0; i < messages; i++)
        {
            var peer = i % (messages / 10) == messages / 20 ? rare : i % 2 == 0 ? daily : traffic.Sender((int)(i * 7919L % Peers));
            var entry = new LogEntry(engine.NextSequence(), Traffic.Time(i), peer, "", i % 4 < 2, false, traffic.Content(i));
            if (entry.Sequence != i + 1) throw new InvalidOperationException("The folder has another store.");
            var task = engine.Commit(new StorageBatch().Append(InboxStore.Log, owner, entry));
            if (i % Traffic.Window == 0) await task;
        }
        await engine.Commit(new StorageBatch());
        await engine.MergeAsync();
        Console.WriteLine($"filled: {clock.Report(messages)}");
    }

    private async Task MeasureAsync()
    {
        var middle = messages / 2;
        await MeasureAsync("last page", i => Page with { Backwards = true });
        await MeasureAsync("first page", i => Page);
        await MeasureAsync("with a peer of ten messages, all ten", i => Page with { Peer = rare, Backwards = true });
        await MeasureAsync("with a peer of a thousand, last page", i => Page with { Peer = traffic.Sender(i), Backwards = true });
        await MeasureAsync("with a peer of half of all, last page", i => Page with { Peer = daily, Backwards = true });
        await MeasureAsync("with a peer that never wrote", i => Page with { Peer = owner });
        await MeasureAsync("from the middle by start", i => Page with { Start = Traffic.Time(middle + (i * 100)) });
        await MeasureAsync("up to the middle by end", i => Page with { End = Traffic.Time(middle + (i * 100)), Backwards = true });
        await MeasureAsync("start and end with nothing between", i => Page with { Start = Traffic.Time(middle).AddMilliseconds(1), End = Traffic.Time(middle).AddMilliseconds(2) });
        await MeasureAsync("before-id", i => Page with { Before = middle + (i * 100), Backwards = true });
        await MeasureAsync("after-id", i => Page with { After = middle + (i * 100) });
        await MeasureAsync("between two ids far apart, from the end", i => Page with { After = i * 100, Before = middle + (i * 100), Backwards = true });
        await MeasureAsync("with a peer of ten, from the middle", i => Page with { Peer = rare, Start = Traffic.Time(middle) });
        await MeasureAsync("with a peer of a thousand, from the middle", i => Page with { Peer = traffic.Sender(i), Start = Traffic.Time(middle + (i * 100)) });
        await MeasureAsync("with a peer of half, in a box with nothing", i => Page with { Peer = daily, Box = InboxStore.Passing });
        await MeasureAsync("with an unused resource of a peer of a thousand", i => Page with { Peer = traffic.Sender(i), Containing = "'user00000@example.org/nowhere'"u8.ToArray() });
        await MeasureAsync("with an unused resource of a peer of half", i => Page with { Peer = daily, Containing = "'daily@example.org/nowhere'"u8.ToArray() }, runs: 20);
        await MeasureAsync("in a box with nothing", i => Page with { Box = InboxStore.Passing });
        await MeasureAsync("50 ids, one page", async i => (await engine.ReadLogAsync(InboxStore.Log, owner, [.. Enumerable.Range(middle + (i * 100), 50).Select(id => (long)id)])).Count);
        await MeasureAsync("50 ids, from everywhere", async i => (await engine.ReadLogAsync(InboxStore.Log, owner, [.. Enumerable.Range(0, 50).Select(id => 1L + (((id * 7919L) + (i * 104729L)) % messages))])).Count);
        await MeasureAsync("is it a place", async i => await engine.HasPlaceAsync(InboxStore.Log, owner, middle + (i * 100)) ? 1 : 0);
    }

    private Task MeasureAsync(string name, Func<int, LogQuery> query, int runs = 200) =>
        MeasureAsync(name, async i => (await engine.ReadLogAsync(InboxStore.Log, owner, query(i))).Count, runs);

    private static async Task MeasureAsync(string name, Func<int, Task<int>> read, int runs = 200)
    {
        var times = new List<double>();
        var count = 0;
        var clock = new Stopclock();
        for (var i = 0; i < runs; i++)
        {
            var start = Stopwatch.GetTimestamp();
            count = await read(i);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        var (cpu, allocated) = clock.Used;
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-48} {count,3} entries   median {times[runs / 2],6:0.00} ms   99 % {times[runs * 99 / 100],6:0.00} ms   {cpu.TotalMilliseconds / runs,6:0.00} ms CPU   {allocated / runs / 1024,6:N0} KB allocated"));
    }
}
