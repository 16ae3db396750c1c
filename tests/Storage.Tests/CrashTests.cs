using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using PresenceXml.Protocol;
using PresenceXml.Storage.Sqlite;
using PresenceXml.Testing;

namespace PresenceXml.Storage.Tests;

/// <summary>A process that writes is killed at random moments: what it had acknowledged is there, once.</summary>
[TestFixture]
public sealed class CrashTests
{
    private const int Kills = 50;

    private readonly HashSet<long> appended = [];
    private readonly HashSet<long> delivered = [];
    private readonly HashSet<long> deleted = [];
    private readonly Dictionary<(Jid Sender, long Handle), uint> marks = [];
    private long highest;

    [Test]
    public async Task Fifty_kills_lose_and_double_nothing_acknowledged()
    {
        using var folder = new TestFolder();
        var store = folder.File("store");
        var random = new Random(TestContext.CurrentContext.Random.Next());
        for (var kill = 0; kill < Kills; kill++)
        {
            var lines = await WriteAndKillAsync(store, random.Next(), acknowledgements: random.Next(1, 400));
            foreach (var line in lines)
            {
                if (line[0] == 'm')
                {
                    var words = line.Split(' ');
                    marks[(Jid.Parse(words[1]), long.Parse(words[2], CultureInfo.InvariantCulture))] = uint.Parse(words[3], CultureInfo.InvariantCulture);
                    continue;
                }
                var sequence = long.Parse(line.AsSpan(2), CultureInfo.InvariantCulture);
                (line[0] switch { 'a' => appended, 'd' => delivered, _ => deleted }).Add(sequence);
            }
            // A copy is looked at, so that the next writer finds the store as the crash left it.
            var copy = folder.File($"copy{kill}");
            Directory.CreateDirectory(copy);
            foreach (var name in new[] { "presencexml.db", "presencexml.db-wal" })
                File.Copy(Path.Combine(store, name), Path.Combine(copy, name));
            await CheckAsync(copy);
            Directory.Delete(copy, recursive: true);
        }
        Assert.That(appended, Has.Count.GreaterThan(Kills));
        TestContext.Out.WriteLine($"{appended.Count} acknowledged, {delivered.Count} delivered, {deleted.Count} deleted");
    }

    private static async Task<List<string>> WriteAndKillAsync(string store, int seed, int acknowledgements)
    {
        var program = Path.Combine(TestContext.CurrentContext.TestDirectory, "PresenceXml.CrashWriter.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, store, seed.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true }.WithoutDiagnostics();
        using var process = Process.Start(start)!;
        var lines = new List<string>();
        try
        {
            while (lines.Count < acknowledgements && await process.StandardOutput.ReadLineAsync() is { } line) lines.Add(line);
            Assert.That(process.HasExited, Is.False, "the writer ended by itself");
        }
        finally
        {
            // SIGKILL.
            process.Kill();
        }
        var rest = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        // A line without its end may lack digits.
        lines.AddRange(rest[..(rest.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return lines;
    }

    private async Task CheckAsync(string copy)
    {
        await using (var engine = await SqliteEngine.OpenAsync(copy, new StorageSettings { TailBytes = 1 << 30, Durable = false }))
        {
            // As a restart finds it, journal and all; then once more with everything merged.
            foreach (var merged in new[] { false, true })
            {
                if (merged) await engine.MergeAsync();
                await CheckAsync(engine);
            }
            var next = engine.NextSequence();
            Assert.That(next, Is.GreaterThan(highest), "a sequence would be given twice");
        }
        using var connection = new SqliteConnection($"Data Source={Path.Combine(copy, "presencexml.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        Assert.That(command.ExecuteScalar(), Is.EqualTo("ok"));
    }

    private async Task CheckAsync(SqliteEngine engine)
    {
        var copies = new Dictionary<long, int>();
        var waiting = new HashSet<long>();
        for (var i = 0; i < 5; i++)
        {
            var account = Jid.Parse($"user{i}@example.org");
            var entries = await engine.ReadLogAsync(InboxStore.Log, account, new LogQuery { Limit = int.MaxValue });
            Assert.That(entries.Select(entry => entry.Sequence), Is.Ordered.And.Unique, "doubled or out of order");
            foreach (var entry in entries)
            {
                highest = Math.Max(highest, entry.Sequence);
                copies[entry.Sequence] = copies.GetValueOrDefault(entry.Sequence) + (entry.Outgoing ? 1 : entry.Peer == account ? 3 : 2);
                Assert.That(Encoding.UTF8.GetString(entry.Content.Span), Does.StartWith($"<message id='{entry.Sequence}'>").And.EndWith("</message>"));
            }
            var undelivered = await engine.ReadUndeliveredAsync(InboxStore.Log, account);
            Assert.That(undelivered.Select(entry => entry.Sequence), Is.EqualTo(entries.Where(entry => entry.Undelivered).Select(entry => entry.Sequence)));
            waiting.UnionWith(undelivered.Select(entry => entry.Sequence));
        }
        // 1 for the sender's copy, 2 for the recipient's: 3 is whole; a recipient who deleted his leaves 1, or none when he wrote to himself.
        var missing = appended.Except(deleted).Where(sequence => copies.GetValueOrDefault(sequence) != 3).ToList();
        foreach (var sequence in missing) Assert.That(await WasDeletedAsync(engine, sequence), Is.True, $"{sequence} was acknowledged and is missing");
        foreach (var ((sender, handle), count) in marks)
            Assert.That((await engine.FindMarkAsync(InboxStore.Log, sender, handle))?.Count, Is.GreaterThanOrEqualTo(count), "an acknowledged mark of a session is missing");
        Assert.That(copies.Values, Is.All.AnyOf(1, 3), "half a message");
        Assert.That(waiting.Intersect(delivered), Is.Empty, "an acknowledged mark is missing");
        Assert.That(waiting.Intersect(deleted), Is.Empty, "an acknowledged deletion is missing");
        Assert.That(deleted.Where(sequence => copies.GetValueOrDefault(sequence) > 1), Is.Empty, "what was deleted is back");
    }

    /// <summary>A deletion may be durable without having been acknowledged: then the place of the recipient's copy is left.</summary>
    private static async Task<bool> WasDeletedAsync(SqliteEngine engine, long sequence)
    {
        var places = 0;
        var entries = 0;
        for (var i = 0; i < 5; i++)
        {
            var account = Jid.Parse($"user{i}@example.org");
            if (await engine.HasPlaceAsync(InboxStore.Log, account, sequence)) places++;
            entries += (await engine.ReadLogAsync(InboxStore.Log, account, [sequence])).Count;
        }
        return places == entries + 1;
    }
}
