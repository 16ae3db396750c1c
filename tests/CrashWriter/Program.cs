using System.Globalization;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Storage;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.CrashWriter;

/// <summary>
/// Writes messages into a store until it is killed, and says on standard output what is acknowledged: <c>a</c> appended, <c>d</c>
/// delivered, <c>x</c> deleted, each with the sequence, once its commit succeeded; and <c>m</c> marked, with the sender, the handle of
/// this process and the count. Arguments: folder, seed.
/// </summary>
internal static class Program
{
    private static async Task Main(string[] args)
    {
        var random = new Random(int.Parse(args[1], CultureInfo.InvariantCulture));
        var accounts = Enumerable.Range(0, 5).Select(i => Jid.Parse($"user{i}@example.org")).ToArray();
        // Small, so that merging is always under way.
        await using var engine = await SqliteEngine.OpenAsync(args[0], new StorageSettings { TailBytes = 20_000, ChunkBytes = 4_000 });
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        var waiting = new Queue<(Task Task, string Line)>();
        var mine = new List<(Jid Account, long Sequence)>();
        var handle = engine.NextSequence();
        for (var count = 1u; ; count++)
        {
            var sender = accounts[random.Next(accounts.Length)];
            var recipient = accounts[random.Next(accounts.Length)];
            var sequence = engine.NextSequence();
            var batch = new StorageBatch();
            InboxStore.Append(batch, sequence, DateTimeOffset.UnixEpoch.AddSeconds(sequence), sender, true, recipient, true, undelivered: true,
                LogContent.Of(Encoding.UTF8.GetBytes($"<message id='{sequence}'>{new string('x', random.Next(300))}</message>")), mark: new(handle, count));
            Enqueue(engine.Commit(batch), $"a {sequence}\nm {sender} {handle} {count}");
            mine.Add((recipient, sequence));
            if (random.Next(3) == 0)
            {
                var (account, marked) = mine[random.Next(mine.Count)];
                Enqueue(engine.Commit(new StorageBatch().MarkDelivered(InboxStore.Log, account, [marked])), $"d {marked}");
            }
            if (random.Next(10) == 0)
            {
                var (account, deleted) = mine[random.Next(mine.Count)];
                Enqueue(engine.Commit(new StorageBatch().DeleteEntries(InboxStore.Log, account, [deleted])), $"x {deleted}");
            }
            while (waiting.Count > 20)
            {
                var (task, line) = waiting.Dequeue();
                await task;
                output.WriteLine(line);
            }
        }

        void Enqueue(Task task, string line) => waiting.Enqueue((task, line));
    }
}
