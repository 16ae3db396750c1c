using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Bench.Micro;

/// <summary>
/// From the sender's bytes to the recipient's, through the real heart: decode, route to a local full JID, take from the outbox, encode,
/// mark delivered. The column "Allocated" counts all threads, so what the store's writer needs is in it; the line printed at
/// the end of <see cref="StoredMessage"/> and <see cref="PassingMessage"/> is what the stream's own thread allocates.
/// </summary>
[MemoryDiagnoser]
[ShortRunJob]
[SuppressMessage("Design", "CA1001", Justification = "Disposed by the cleanup.")]
public class RouteBenchmarks
{
    private const int Watchers = 100;

    // Messages that a busy stream's writer takes at once and marks delivered together.
    private const int Flush = 16;

    // What a client without acknowledgements would have in flight; the store keeps up with it.
    private const int Window = 2000;

    private readonly ClientSession[] watchers = new ClientSession[Watchers];
    private LocalHeart heart = null!;
    private ClientSession romeo = null!;
    private ClientSession juliet = null!;
    private int flushes;

    [GlobalSetup]
    public void Connect()
    {
        heart = new LocalHeart();
        romeo = heart.Connect("romeo@localhost/orchard");
        juliet = heart.Connect("juliet@localhost/balcony");
    }

    [GlobalSetup(Target = nameof(PassingMessageByRules))]
    public void ConnectWithRules()
    {
        Connect();
        heart.Send(juliet, Wire.DeliveryRules);
        heart.Drain(juliet);
    }

    [GlobalSetup(Target = nameof(PresenceToWatchers))]
    public void ConnectWatchers()
    {
        heart = new LocalHeart();
        var roster = new StorageBatch();
        for (int i = 0; i < Watchers; i++)
        {
            string account = string.Create(CultureInfo.InvariantCulture, $"watcher{i}@localhost");
            heart.Rosters.Save(roster, Jid.Parse("romeo@localhost"), new RosterItem(Jid.Parse(account)) { State = SubscriptionState.From, InRoster = true, Version = i + 1 }, i + 1);
            watchers[i] = heart.Connect(account + "/desktop");
            heart.Send(watchers[i], "<presence/>"u8.ToArray());
            heart.Drain(watchers[i]);
        }
        heart.Engine.Commit(roster).GetAwaiter().GetResult();
        romeo = heart.Connect("romeo@localhost/orchard");
    }

    /// <summary>The default: the message goes into the logs of both.</summary>
    [Benchmark(OperationsPerInvoke = Flush)]
    public int StoredMessage()
    {
        for (int i = 0; i < Flush; i++) heart.Send(romeo, Wire.Message);
        if (++flushes % (Window / Flush) == 0) LocalHeart.Await(romeo);
        return heart.Drain(juliet);
    }

    /// <summary>A message that asks not to be stored (XEP-0334).</summary>
    [Benchmark(OperationsPerInvoke = Flush)]
    public int PassingMessage()
    {
        for (int i = 0; i < Flush; i++) heart.Send(romeo, Wire.PassingMessage);
        return heart.Drain(juliet);
    }

    /// <summary>The same where the recipient has twenty delivery rules, of which none holds.</summary>
    [Benchmark(OperationsPerInvoke = Flush)]
    public int PassingMessageByRules() => PassingMessage();

    /// <summary>One presence to a hundred subscribers.</summary>
    [Benchmark]
    public int PresenceToWatchers()
    {
        heart.Send(romeo, Wire.Presence);
        int bytes = heart.Drain(romeo);
        foreach (ClientSession watcher in watchers) bytes += heart.Drain(watcher);
        return bytes;
    }

    [GlobalCleanup]
    public void End() => heart.Dispose();

    [GlobalCleanup(Target = nameof(StoredMessage))]
    public void EndStored() => Report(StoredMessage);

    [GlobalCleanup(Target = nameof(PassingMessage))]
    public void EndPassing() => Report(PassingMessage);

    private void Report(Func<int> message)
    {
        const int Rounds = 5_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++) message();
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / (Rounds * Flush);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"// {message.Method.Name}: {each} B per message on the stream's own thread"));
        End();
    }
}
