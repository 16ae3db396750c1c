using PresenceXml.Protocol;
using PresenceXml.Storage;

namespace PresenceXml.Server.Tests.Streams.Management;

/// <summary>Lines are cut at random while messages flow between devices with stream management: none is lost, doubled or out of order.</summary>
[CancelAfter(180_000)]
public sealed class SurvivalTests
{
    [TestCase(1), TestCase(2), TestCase(3), Property("Spec", "SM-4"), Property("Spec", "SM-5")]
    public async Task Each_device_has_each_message_once_and_in_order(int seed, CancellationToken cancel)
    {
        const int Messages = 400;
        var random = new Random(seed);
        await using StreamHost host = await StreamHost.StartAsync(options =>
        {
            options.StreamManagement.WindowStanzas = 20;
            options.Limits.OutboxBytes = 10_000;
            options.Limits.ConnectionsPerAddress = 0;
        });
        using var changes = new SemaphoreSlim(0);
        Device[] devices = [.. new[] { ("juliet", "one"), ("juliet", "two"), ("romeo", "phone") }.Select(name => new Device(host, name.Item1, name.Item2, new Random(random.Next()), changes))];
        Device romeo = devices[2];
        using var stop = new CancellationTokenSource();
        Task[] running = [.. devices.Select(device => device.RunAsync(stop.Token))];
        try
        {
            await UntilAsync(host, changes, () => host.Session("juliet@localhost/one")?.IsAvailable == true && host.Session("juliet@localhost/two")?.IsAvailable == true && romeo.IsQuiet, cancel);

            for (int i = 0; i < Messages; i++)
            {
                await romeo.SendAsync($"<message to='juliet@localhost' id='{i}' type='chat'><body>{new string('x', random.Next(800))}</body></message>");
                if (random.Next(4) == 0) devices[random.Next(devices.Length)].Cut();
                if (random.Next(8) == 0) await Task.Yield();
            }
            // Behind its last message, or on the line it gets next, it asks; nobody tells it otherwise.
            await romeo.AskAsync();
            await UntilAsync(host, changes, () => devices.All(static device => device.IsQuiet) && devices[0].Received.Count >= Messages && devices[1].Received.Count >= Messages, cancel);
        }
        finally
        {
            // Nobody connects any more when the host goes, also when something failed.
            await stop.CancelAsync();
            await Task.WhenAll(running);
            foreach (Device device in devices) device.Dispose();
        }

        await TestContext.Out.WriteLineAsync($"seed {seed}: {devices.Sum(static device => device.Resumptions)} resumptions");
        string[] sent = [.. Enumerable.Range(0, Messages).Select(i => $"{i}")];
        Assert.That(devices[0].Received, Is.EqualTo(sent));
        Assert.That(devices[1].Received, Is.EqualTo(sent));
        foreach (string account in new[] { "juliet@localhost", "romeo@localhost" })
        {
            IReadOnlyList<LogEntry> log = await host.Get<InboxStore>().ReadAsync(Jid.Parse(account), new LogQuery { Limit = 10 * Messages }, cancel);
            Assert.That(log.Select(static entry => Protocol.Stanzas.StanzaReader.ReadCanonical(entry.Content).Id), Is.EqualTo(sent), account);
        }
        Assert.That(host.Session("juliet@localhost/one")!.Presentity.Undelivered.Count, Is.Zero);
    }

    // The clock goes on, since a dead line is found by it; nothing else is waited for than what a device sees.
    private static async Task UntilAsync(StreamHost host, SemaphoreSlim changes, Func<bool> isTrue, CancellationToken cancel)
    {
        for (int quiet = 0; !isTrue(); quiet++)
        {
            Assert.That(quiet, Is.LessThan(1500), "nothing happens any more");
            if (await changes.WaitAsync(TimeSpan.FromMilliseconds(20), cancel)) quiet = 0;
            else host.Time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
