using System.Diagnostics;
using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Bench;

/// <summary>Pages of 50 from the archive of one account that has many messages from 500 peers and ten from one more.</summary>
internal static class Pages
{
    private const int Peers = 500;

    public static async Task RunAsync(string root, int messages)
    {
        var owner = Jid.Parse("owner@example.org");
        var rare = Jid.Parse("rare@example.org");
        var traffic = new Traffic(Peers);
        await using var engine = await SqliteEngine.OpenAsync(Path.Combine(root, "pages"));
        var sequences = new long[messages];
        var clock = new Stopclock();
        for (var i = 0; i < messages; i++)
        {
            sequences[i] = engine.NextSequence();
            var peer = i % (messages / 10) == messages / 20 ? rare : traffic.Sender((int)(i * 7919L % Peers));
            var task = engine.Commit(new StorageBatch().Append(InboxStore.Log, owner, new(sequences[i], Traffic.Time(i), peer, "", false, false, traffic.Content(i))));
            if (i % Traffic.Window == 0) await task;
        }
        await engine.MergeAsync();
        Console.WriteLine($"filled:  {clock.Report(messages)} {new FileInfo(Path.Combine(root, "pages", "presencexml.db")).Length >> 20} MB file");

        var middle = messages / 2;
        await MeasureAsync("last page", i => new() { Backwards = true });
        await MeasureAsync("with a peer of ten messages", i => new() { Peer = rare, Backwards = true });
        await MeasureAsync("with a peer of many", i => new() { Peer = traffic.Sender(i), Backwards = true });
        await MeasureAsync("from the middle by time", i => new() { Start = Traffic.Time(middle + (i * 100)) });
        await MeasureAsync("up to the middle by time", i => new() { End = Traffic.Time(middle + (i * 100)), Backwards = true });
        await MeasureAsync("before an id", i => new() { Before = sequences[middle + (i * 100)], Backwards = true });
        await MeasureAsync("after an id", i => new() { After = sequences[middle + (i * 100)] });
        await MeasureAsync("with a peer, from the middle by time", i => new() { Peer = rare, Start = Traffic.Time(middle) });

        async Task MeasureAsync(string name, Func<int, LogQuery> query)
        {
            const int Runs = 200;
            var times = new List<double>();
            var count = 0;
            for (var i = 0; i < Runs; i++)
            {
                var start = Stopwatch.GetTimestamp();
                count = (await engine.ReadLogAsync(InboxStore.Log, owner, query(i))).Count;
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            times.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-40} {count,3} entries   median {times[Runs / 2],6:0.00} ms   99 % {times[Runs * 99 / 100],6:0.00} ms   worst {times[^1],6:0.00} ms"));
        }
    }
}
