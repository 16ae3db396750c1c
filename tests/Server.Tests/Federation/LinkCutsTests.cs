using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>Wherever lines break: each stanza arrives once, or its sender is told, never neither; and both only when nobody could know, and that is said.</summary>
[CancelAfter(60_000)]
internal sealed class LinkCutsTests
{
    private const int Count = 1500;
    private static readonly DomainPair Pair = new("one.test", "two.test");

    private readonly Lock gate = new();
    private readonly List<Stanza> returned = [];

    private void TakeBack(Stanza answer)
    {
        lock (gate)
            returned.Add(answer);
    }

    private async Task<(List<string> Told, List<string> Unsure, LinkReport Report)> PlayAsync(RandomPeer peer, int seed, bool offers, CancellationToken cancel)
    {
        returned.Clear();
        var random = new Random(seed);
        var clock = new FakeTimeProvider();
        var domains = new RemoteDomains(new ServerOptions(), clock, NullLogger<RemoteDomains>.Instance);
        peer.Domains = domains;
        domains.Attach(peer, TakeBack, static _ => { });
        var told = new List<string>();
        for (int i = 0; i < Count; i++)
        {
            string id = i.ToString(CultureInfo.InvariantCulture);
            if (domains.TrySend(new Message { From = Jid.Parse("romeo@one.test"), To = Jid.Parse("juliet@two.test"), Id = id }) is not null)
            {
                told.Add(id);
                domains.Heard(Pair);
            }
            if (offers && random.Next(20) == 0)
                peer.Offer(Pair);
            if (random.Next(10) == 0)
                clock.Advance(TimeSpan.FromSeconds(random.NextDouble()));
            if (random.Next(5) == 0)
                await Task.Yield();
            // Or it were all sent before the first line broke.
            if (i % 50 == 49 && peer is { IsManaged: true, Forgets: 0, Refuses: 0 })
                await peer.ReachAsync(i - 30, cancel);
        }
        peer.IsSound = true;
        Task stopping = domains.StopAsync(TimeSpan.FromSeconds(1000));
        // Between attempts to take up a stream time goes by.
        while (peer.Refuses > 0 && !stopping.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(0.1));
            await Task.Yield();
        }
        await stopping.WaitAsync(cancel);
        LinkReport report = domains.Describe().Single();
        await domains.DisposeAsync();
        var unsure = new List<string>();
        foreach (Stanza answer in returned)
            (answer.Content.ToString()!.Contains("may or may not", StringComparison.Ordinal) ? unsure : told).Add(answer.Id!);
        string[] all = [.. Enumerable.Range(0, Count).Select(static i => i.ToString(CultureInfo.InvariantCulture))];
        Assert.That(peer.Arrived, Is.Unique);
        Assert.That(peer.Arrived.Select(static id => int.Parse(id, CultureInfo.InvariantCulture)), Is.Ordered);
        Assert.That(told.Concat(unsure), Is.Unique);
        Assert.That(told.Intersect(peer.Arrived), Is.Empty, "told that it did not arrive, and it did");
        Assert.That(all.Except(peer.Arrived).Except(told).Except(unsure), Is.Empty, "lost, and nobody was told");
        Assert.That(report.Counts.Unsure, Is.EqualTo(unsure.Count));
        return (told, unsure, report);
    }

    [Test]
    public async Task With_stream_management_everything_arrives_once([Range(1, 15)] int seed, [Values] bool offers, CancellationToken cancel)
    {
        var peer = new RandomPeer(seed);
        (List<string> told, List<string> unsure, LinkReport report) = await PlayAsync(peer, seed, offers, cancel);
        Assert.That(told.Concat(unsure), Is.Empty, returned.FirstOrDefault()?.Content.ToString());
        Assert.That(report.Counts.Confirmed, Is.EqualTo(Count));
        Assert.That(peer.Streams, Is.GreaterThan(20));
    }

    [Test]
    public async Task Where_it_cannot_always_be_resumed_what_is_not_known_is_said([Range(1, 15)] int seed, [Values] bool offers, CancellationToken cancel) =>
        await PlayAsync(new RandomPeer(seed) { Forgets = 30 }, seed, offers, cancel);

    [Test]
    public async Task Where_it_cannot_always_be_reached_too([Range(1, 15)] int seed, [Values] bool offers, CancellationToken cancel) =>
        await PlayAsync(new RandomPeer(seed) { Forgets = 10, Refuses = 30 }, seed, offers, cancel);

    [Test]
    public async Task Without_stream_management_nothing_is_sent_twice([Range(1, 15)] int seed, [Values] bool offers, CancellationToken cancel) =>
        await PlayAsync(new RandomPeer(seed) { IsManaged = false, Forgets = 100 }, seed, offers, cancel);
}
