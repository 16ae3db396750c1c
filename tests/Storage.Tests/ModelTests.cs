using System.Text;
using FsCheck;
using PresenceXml.Protocol;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Tests;

/// <summary>Random operations do to the engine what they do to a model of a few lines, with merges, reopenings and failures anywhere in between.</summary>
[TestFixture]
public sealed class ModelTests
{
    private static readonly Jid[] Accounts = [.. new[] { "a", "b", "c" }.Select(name => Jid.Parse($"{name}@example.org"))];
    // Numbers from 1, taken before any entry's.
    private const int Handles = 3;

    private static readonly string[] Logs = ["inbox", "room"];
    private static readonly string[] Boxes = ["", "", "work"];

    [FsCheck.NUnit.Property(MaxTest = 40, StartSize = 20, EndSize = 250)]
    public void The_engine_agrees_with_the_model(NonNegativeInt[] script) =>
        RunAsync([.. script.Select(number => number.Get)]).GetAwaiter().GetResult();

    [Test]
    public async Task A_long_run_agrees_with_the_model([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        await RunAsync([.. Enumerable.Range(0, 3000).Select(_ => random.Next())]);
    }

    private static async Task RunAsync(int[] script)
    {
        using var folder = new TestFolder();
        var fail = false;
        var settings = new StorageSettings
        {
            Durable = false,
            TailBytes = 3000,
            ChunkBytes = 400,
            Fault = step =>
            {
                if (fail && step == StorageStep.Commit) throw new StorageException("Asked to fail.");
            },
        };
        var model = new Model();
        var engine = await SqliteEngine.OpenAsync(folder.Path, settings);
        for (var i = 0; i < Handles; i++) _ = engine.NextSequence();
        try
        {
            var known = new List<long>();
            foreach (var number in script)
            {
                var random = new Random(number);
                switch (random.Next(24))
                {
                    case 0:
                        await engine.DisposeAsync();
                        engine = await SqliteEngine.OpenAsync(folder.Path, settings);
                        break;
                    case 1 or 2:
                        await engine.MergeAsync();
                        break;
                    case 3:
                        await CompareAsync(engine, model, random, known);
                        break;
                    case 4:
                        await engine.Commit(new StorageBatch());
                        fail = true;
                        var lost = engine.Commit(MakeBatch(engine, new Model(), random, known));
                        Assert.That(async () => await lost, Throws.TypeOf<StorageException>());
                        Assert.That(engine.IsFailing, Is.True);
                        fail = false;
                        break;
                    default:
                        var task = engine.Commit(MakeBatch(engine, model, random, known));
                        if (random.Next(2) == 0) await task;
                        break;
                }
            }
            await engine.Commit(new StorageBatch());
            await CompareAsync(engine, model, new Random(0), known);
            await engine.DisposeAsync();
            engine = await SqliteEngine.OpenAsync(folder.Path, settings);
            await CompareAsync(engine, model, new Random(1), known);
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }

    private static StorageBatch MakeBatch(SqliteEngine engine, Model model, Random random, List<long> known)
    {
        var batch = new StorageBatch();
        // The model follows each line.
        for (var lines = random.Next(1, 6); lines > 0; lines--)
        {
            var account = Accounts[random.Next(Accounts.Length)];
            var log = Logs[random.Next(8) == 0 ? 1 : 0];
            var key = $"k{random.Next(4)}";
            long[] some = known.Count == 0 ? [] : [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => known[random.Next(known.Count)])];
            switch (random.Next(40))
            {
                case < 22:
                    var sequence = engine.NextSequence();
                    // Now and then two logs get the same, as sender and recipient do.
                    var entry = new LogEntry(sequence, DateTimeOffset.UnixEpoch.AddSeconds(sequence), Accounts[random.Next(Accounts.Length)], Boxes[random.Next(3)],
                        random.Next(2) == 0, random.Next(2) == 0, Encoding.UTF8.GetBytes(new string((char)('a' + random.Next(26)), random.Next(80))));
                    var mark = new LogMark(1 + random.Next(Handles), (uint)random.Next());
                    if (random.Next(3) == 0) entry = entry with { Mark = mark };
                    known.Add(sequence);
                    if (random.Next(10) == 0)
                    {
                        batch.AppendPlace(log, account, sequence, entry.Time, mark);
                        model.AddPlace(log, account, sequence, mark);
                        break;
                    }
                    batch.Append(log, account, entry);
                    model.Add(log, account, entry);
                    var other = Accounts[random.Next(Accounts.Length)];
                    if (other == account) break;
                    batch.Append(log, other, entry);
                    model.Add(log, other, entry);
                    break;
                case < 29:
                    batch.MarkDelivered(log, account, some);
                    foreach (var marked in some)
                    {
                        if (model.Log(log, account).TryGetValue(marked, out var found) && found is not null)
                            model.Log(log, account)[marked] = found with { Undelivered = false };
                    }
                    break;
                case < 31:
                    var box = Boxes[random.Next(Boxes.Length)];
                    batch.MoveEntries(log, account, box, some);
                    foreach (var moved in some)
                    {
                        if (model.Log(log, account).TryGetValue(moved, out var there) && there is not null)
                            model.Log(log, account)[moved] = there with { Box = box };
                    }
                    break;
                case < 33:
                    batch.DeleteEntries(log, account, some);
                    foreach (var removed in some)
                    {
                        if (model.Log(log, account).ContainsKey(removed)) model.Log(log, account)[removed] = null;
                    }
                    break;
                case 33:
                    batch.DeleteLog(log, account);
                    model.Remove(log, account);
                    break;
                case 34:
                    batch.DeleteAccount(account);
                    model.Remove(account);
                    break;
                case 35:
                    batch.Delete("c", account, key);
                    model.Keys(account).Remove(key);
                    break;
                case 36:
                    batch.DeleteAll("c", account);
                    model.Keys(account).Clear();
                    break;
                default:
                    var value = $"{random.Next(1000)}";
                    batch.Put("c", account, key, Encoding.UTF8.GetBytes(value));
                    model.Keys(account)[key] = value;
                    break;
            }
        }
        return batch;
    }

    private static async Task CompareAsync(SqliteEngine engine, Model model, Random random, List<long> known)
    {
        await engine.Commit(new StorageBatch());
        foreach (var account in Accounts)
        {
            var keys = await engine.RangeAsync("c", account);
            Assert.That(keys.Select(pair => (pair.Key, Encoding.UTF8.GetString(pair.Value.Span))), Is.EqualTo(model.Keys(account).Select(pair => (pair.Key, pair.Value))));
            foreach (var log in Logs)
            {
                var entries = model.Log(log, account);
                await ComparePageAsync(new() { Limit = int.MaxValue });
                for (var i = 0; i < 8; i++) await ComparePageAsync(RandomQuery());
                var visited = new List<string>();
                await engine.VisitLogAsync(log, account, (in LogHead head, ReadOnlySpan<byte> content) =>
                    visited.Add(Describe(new(head.Sequence, head.Time, head.Peer, head.Box, head.Outgoing, head.Undelivered, content.ToArray()))));
                Assert.That(visited, Is.EquivalentTo(entries.Values.OfType<LogEntry>().Select(entry => Describe(entry with { Mark = null }))));
                var undelivered = await engine.ReadUndeliveredAsync(log, account);
                Assert.That(undelivered, Is.EqualTo(entries.Values.Where(entry => entry is { Undelivered: true }).Select(entry => new UndeliveredEntry(entry!.Sequence, entry.Content.Length))));
                long[] asked = [.. Enumerable.Range(0, 10).Select(_ => known.Count == 0 ? 1 : known[random.Next(known.Count)]).Distinct()];
                var read = await engine.ReadLogAsync(log, account, asked);
                Assert.That(read.Select(Describe), Is.EqualTo(asked.Select(sequence => entries.GetValueOrDefault(sequence)).OfType<LogEntry>().Select(Describe)));
                for (var handle = 1; handle <= Handles; handle++)
                    Assert.That(await engine.FindMarkAsync(log, account, handle), Is.EqualTo(model.FindMark(log, account, handle)));
                foreach (var sequence in asked)
                    Assert.That(await engine.HasPlaceAsync(log, account, sequence), Is.EqualTo(entries.ContainsKey(sequence)));

                async Task ComparePageAsync(LogQuery query)
                {
                    var page = await engine.ReadLogAsync(log, account, query);
                    Assert.That(page.Select(Describe), Is.EqualTo(Model.Page(entries, query).Select(Describe)), query.ToString());
                }
            }
        }

        LogQuery RandomQuery() => new()
        {
            After = Maybe(),
            Before = Maybe(),
            Start = Maybe() is { } start ? DateTimeOffset.UnixEpoch.AddSeconds(start) : null,
            End = Maybe() is { } end ? DateTimeOffset.UnixEpoch.AddSeconds(end) : null,
            Peer = random.Next(3) == 0 ? Accounts[random.Next(Accounts.Length)] : null,
            Box = random.Next(4) == 0 ? Boxes[random.Next(3)] : null,
            Containing = random.Next(6) == 0 ? Encoding.UTF8.GetBytes(new string((char)('a' + random.Next(26)), random.Next(3))) : default,
            Backwards = random.Next(2) == 0,
            Limit = random.Next(1, 12),
        };

        long? Maybe() => random.Next(4) == 0 && known.Count > 0 ? known[random.Next(known.Count)] : null;
    }

    private static string Describe(LogEntry entry) =>
        $"{entry.Sequence} {entry.Time.UtcTicks} {entry.Peer} {entry.Box} {entry.Outgoing} {entry.Undelivered} {entry.Mark} {Encoding.UTF8.GetString(entry.Content.Span)}";

    /// <summary>The contract, in as few words as possible.</summary>
    private sealed class Model
    {
        private readonly Dictionary<(string, Jid), SortedDictionary<long, LogEntry?>> logs = [];
        private readonly Dictionary<(string, Jid), SortedDictionary<long, LogMark>> marks = [];
        private readonly Dictionary<Jid, SortedDictionary<string, string>> keys = [];

        /// <summary>By sequence; null is the place of a deleted entry.</summary>
        public SortedDictionary<long, LogEntry?> Log(string log, Jid account) =>
            logs.TryGetValue((log, account), out var found) ? found : logs[(log, account)] = [];

        public SortedDictionary<string, string> Keys(Jid account) =>
            keys.TryGetValue(account, out var found) ? found : keys[account] = new(StringComparer.Ordinal);

        public void Remove(Jid account)
        {
            keys.Remove(account);
            foreach (var log in Logs) Remove(log, account);
        }

        public void Remove(string log, Jid account)
        {
            logs.Remove((log, account));
            marks.Remove((log, account));
        }

        public void Add(string log, Jid account, LogEntry entry)
        {
            Log(log, account)[entry.Sequence] = entry;
            if (entry.Mark is { } mark) Marks(log, account)[entry.Sequence] = mark;
        }

        public void AddPlace(string log, Jid account, long sequence, LogMark mark)
        {
            Log(log, account)[sequence] = null;
            Marks(log, account)[sequence] = mark;
        }

        public LogMark? FindMark(string log, Jid account, long handle) =>
            Marks(log, account).Values.Cast<LogMark?>().LastOrDefault(mark => mark!.Value.Handle == handle);

        private SortedDictionary<long, LogMark> Marks(string log, Jid account) =>
            marks.TryGetValue((log, account), out var found) ? found : marks[(log, account)] = [];

        public static IEnumerable<LogEntry> Page(SortedDictionary<long, LogEntry?> log, LogQuery query)
        {
            var matching = log.Values.OfType<LogEntry>().Where(entry =>
                !(entry.Sequence <= query.After) && !(entry.Sequence >= query.Before) && !(entry.Time < query.Start) && !(entry.Time > query.End)
                && (query.Peer is null || entry.Peer == query.Peer) && (query.Box is null || entry.Box == query.Box) && entry.Content.Span.IndexOf(query.Containing.Span) >= 0).ToList();
            return query.Backwards ? matching.TakeLast(query.Limit) : matching.Take(query.Limit);
        }
    }
}
