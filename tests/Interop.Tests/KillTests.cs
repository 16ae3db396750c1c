using System.Globalization;

namespace PresenceXml.Interop.Tests;

/// <summary>
/// SIGKILL while offline messages are being stored. What stands before an answered iq on the same stream is acknowledged
/// (docs/architecture.md, "The inbox and the acknowledgement"): it must be there, once, in order.
/// </summary>
[TestFixture]
[NonParallelizable]
public sealed class KillTests
{
    private const int Kills = 50;
    private const int Fence = 10;

    // Fences under way at once: the server always has something to store when it is killed.
    private const int Window = 8;

    [Test]
    public async Task Fifty_kills_lose_nothing_that_was_acknowledged_and_double_nothing()
    {
        int seed = Environment.TickCount;
        await TestContext.Out.WriteLineAsync($"seed {seed}");
        var random = new Random(seed);
        await using ServerProcess server = await ServerProcess.StartAsync(new Dictionary<string, object>
        {
            ["tls"] = new { required = false },
            ["inbox"] = new { quotaMessages = 0, quotaBytes = 0 },
        });
        await server.AddUserAsync("romeo@localhost", "wherefore art");
        await server.AddUserAsync("juliet@localhost", "swear not by");

        int sent = 0;
        List<int> acknowledged = [];
        for (int kill = 0; kill < Kills; kill++)
        {
            await using (WireClient romeo = await WireClient.LoginAsync(server.Port, "romeo", "wherefore art"))
            {
                // Killed after a number of answers, at a random moment of the batch that follows: nothing here waits for a clock.
                int answers = random.Next(1, 8);
                var last = new TaskCompletionSource();
                using var window = new SemaphoreSlim(Window);
                using var gone = new CancellationTokenSource();
                Task collecting = CollectAsync(romeo, answers, last, window, gone, acknowledged);
                Task killing = KillAfterAsync(server, last.Task, random.Next(0, 4000));
                try
                {
                    while (true)
                    {
                        await window.WaitAsync(gone.Token);
                        var batch = new System.Text.StringBuilder();
                        for (int i = 0; i < Fence; i++)
                            batch.Append(CultureInfo.InvariantCulture, $"<message to='juliet@localhost' type='chat' id='m{sent}'><body>{sent++}</body></message>");
                        batch.Append(CultureInfo.InvariantCulture, $"<iq type='get' id='{sent}'><ping xmlns='urn:xmpp:ping'/></iq>");
                        await romeo.SendAsync(batch.ToString());
                    }
                }
                catch (Exception e) when (e is IOException or OperationCanceledException)
                {
                    // The line is gone, as it should be.
                }
                await killing;
                await collecting;
            }
            await server.RunAsync();
        }

        await using WireClient juliet = await WireClient.LoginAsync(server.Port, "juliet", "swear not by");
        await juliet.SendAsync("<presence/>");
        List<int> received = await DrainAsync(juliet);

        await TestContext.Out.WriteLineAsync($"{Kills} kills, {sent} sent, {acknowledged.Count} acknowledged, {received.Count} received");
        Assert.Multiple(() =>
        {
            Assert.That(acknowledged, Has.Count.GreaterThan(Kills), "too little was acknowledged for this to be a test");
            Assert.That(acknowledged.Except(received), Is.Empty, "acknowledged and lost");
            Assert.That(received, Is.Ordered.Ascending);
            Assert.That(received, Is.Unique, "doubled");
        });
    }

    /// <summary>Notes every answered fence as the acknowledgement of the messages before it.</summary>
    private static async Task CollectAsync(WireClient romeo, int answers, TaskCompletionSource last, SemaphoreSlim window, CancellationTokenSource gone, List<int> acknowledged)
    {
        int seen = 0;
        while (await romeo.ReceiveAsync() is { } element)
        {
            if (element.LocalName != "iq" || element["type"] != "result") continue;
            int upTo = int.Parse(element["id"]!, CultureInfo.InvariantCulture);
            acknowledged.AddRange(Enumerable.Range(upTo - Fence, Fence));
            window.Release();
            if (++seen == answers) last.TrySetResult();
        }
        last.TrySetResult();
        await gone.CancelAsync();
    }

    private static async Task KillAfterAsync(ServerProcess server, Task moment, int spins)
    {
        await moment;
        Thread.SpinWait(spins * 100);
        await server.KillAsync();
    }

    /// <summary>All that waits for juliet: until an iq sent after a first answer is answered and nothing more came between.</summary>
    private static async Task<List<int>> DrainAsync(WireClient juliet)
    {
        List<int> received = [];
        int before = -1;
        for (int fence = 0; received.Count != before; fence++)
        {
            before = received.Count;
            await juliet.SendAsync($"<iq type='get' id='f{fence}'><ping xmlns='urn:xmpp:ping'/></iq>");
            while (await juliet.ReceiveAsync() is { } element)
            {
                if (element.LocalName == "iq" && element["id"] == $"f{fence}") break;
                if (element.LocalName == "message" && element.Child(Protocol.Namespaces.Client, "body") is { } body)
                    received.Add(int.Parse(body.Text, CultureInfo.InvariantCulture));
            }
        }
        return received;
    }
}
