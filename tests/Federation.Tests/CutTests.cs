using System.Globalization;
using PresenceXml.Federation.Tests.Network;
using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Federation.Tests.Users;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Federation.Tests;

/// <summary>
/// Lines between servers are cut at random bytes while messages cross them both ways. Each message has then either arrived once or come
/// back to its sender as an error: never both, never neither, never twice.
/// </summary>
/// <remarks>200 cuts and 10,000 messages each way with PRESENCEXML_CUTS=200; otherwise 10 and 500.</remarks>
[TestFixture]
[Interop(ProsodyPeer.Program, Nameserver.Program)]
public sealed class CutTests
{
    private const int Batch = 50;
    // Longer than a server tries to take up a stream that was lost with stanzas on it.
    private static readonly TimeSpan LongTime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortTime = TimeSpan.FromSeconds(10);
    private static readonly int Cuts = int.Parse(Environment.GetEnvironmentVariable("PRESENCEXML_CUTS") ?? "10", CultureInfo.InvariantCulture);

    [TestCase(PeerKind.Own, PeerKind.Own, true, Category = "Own")]
    [TestCase(PeerKind.Own, PeerKind.Prosody, true, Category = "Own")]
    [TestCase(PeerKind.Prosody, PeerKind.Prosody, false)]
    public async Task Every_message_arrives_once_or_comes_back(PeerKind one, PeerKind two, bool isCut)
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using Encounter encounter = await Encounter.StartAsync(one, two, Proving.Certificate, streamManagement: true, cuttable: true);
        await using PeerUser alice = await encounter.AliceAsync();
        await using PeerUser bob = await encounter.BobAsync();
        // A first message each way: the streams are there.
        Fates there = new(alice, bob), back = new(bob, alice);
        await Task.WhenAll(there.SendAsync(1), back.SendAsync(1));
        await Task.WhenAll(there.SettleAsync(LongTime), back.SettleAsync(LongTime));

        // What Prosody sends again, or never does, is its own affair.
        bool isBackJudged = two == PeerKind.Own || !isCut;
        int cuts = 0, batch = Batch;
        bool isSettled = true;
        for (int i = 0; isSettled && (i < Cuts || (isCut && cuts < Cuts)); i++)
        {
            // Somewhere in this batch: a message takes some 200 bytes in TLS, and the acknowledgements come on top.
            Task cut = isCut ? encounter.Network.Lines[random.Next(2)].CutAfterAsync(random.Next(1, Batch * 150)) : Task.CompletedTask;
            int before = there.Arrived + back.Arrived;
            await Task.WhenAll(there.SendAsync(batch), back.SendAsync(batch));
            bool[] settled = await Task.WhenAll(there.SettleAsync(LongTime), back.SettleAsync(isBackJudged ? LongTime : ShortTime));
            isSettled = settled[0] && (settled[1] || !isBackJudged);
            if (cut.IsCompleted) cuts++;
            // A line that was cut while it was being made: a server may wait up to a minute before it calls again, and all comes back meanwhile.
            bool isDown = there.Arrived + back.Arrived == before;
            batch = isDown ? 1 : Batch;
            if (isDown) await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }

        // What arrives late would be behind the answer.
        await alice.AskAsync("two.test", "get", "<ping xmlns='urn:xmpp:ping'/>");
        await bob.AskAsync("one.test", "get", "<ping xmlns='urn:xmpp:ping'/>");
        TestContext.Out.WriteLine($"{(isCut ? cuts : 0)} cuts; alice to bob: {there}; bob to alice: {back}; connections {string.Join(" and ", encounter.Network.Lines.Select(static line => line.Connections))}");
        // A server that acknowledges and resumes nothing cannot say what it got of what was on the line.
        Assert.That(there.Faults(mayBeUnsure: two != PeerKind.Own), Is.Empty);
        if (isBackJudged) Assert.That(back.Faults(mayBeUnsure: false), Is.Empty);
        if (isCut) Assert.That(cuts, Is.EqualTo(Cuts), "it came to an end before its time");
        encounter.EndWell();
    }

    /// <summary>What became of the messages from one user to another.</summary>
    private sealed class Fates(PeerUser from, PeerUser to)
    {
        private readonly List<int> arrived = [];
        private readonly List<int> returned = [];
        private readonly HashSet<int> unsure = [];
        private int sent;

        public async Task SendAsync(int count)
        {
            for (int i = 0; i < count; i++) await from.SendAsync($"<message to='{to.Full}' type='chat' id='n{sent++}'><body>Can I go forward when my heart is here?</body></message>");
        }

        public int Arrived => arrived.Count;

        /// <summary>Waits until each message has arrived or come back.</summary>
        /// <param name="time">How long; those that have not then are seen by <see cref="Faults"/>.</param>
        public async Task<bool> SettleAsync(TimeSpan time)
        {
            using var limit = new CancellationTokenSource(time);
            while (true)
            {
                Task changed = Task.WhenAny(from.ChangedAsync(), to.ChangedAsync());
                Collect();
                if (arrived.Union(returned).Count() == sent) return true;
                if (limit.IsCancellationRequested) return false;
                await changed.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        /// <summary>A line for each message whose fate is wrong, and one when the order is.</summary>
        /// <param name="mayBeUnsure">What came back as unsure may have arrived.</param>
        public IReadOnlyList<string> Faults(bool mayBeUnsure)
        {
            Collect();
            ILookup<int, int> came = arrived.ToLookup(static n => n), back = returned.ToLookup(static n => n);
            List<string> faults = [.. Enumerable.Range(0, sent).Where(n => came[n].Count() + back[n].Count() != 1 && !(mayBeUnsure && unsure.Contains(n) && came[n].Count() <= 1 && back[n].Count() == 1))
                .Select(n => $"n{n} arrived {came[n].Count()} times and came back {back[n].Count()} times")];
            if (!arrived.SequenceEqual(arrived.Order())) faults.Add("not in the order of sending");
            return faults;
        }

        public override string ToString() => $"{sent} sent, {arrived.Count} arrived, {returned.Count} came back, {unsure.Count} of them unsure";

        private void Collect()
        {
            arrived.AddRange(Taken(to, from.Full, isError: false).Select(Number));
            foreach (Element error in Taken(from, to.Full, isError: true))
            {
                returned.Add(Number(error));
                if (error.ToString()!.Contains("may or may not have arrived", StringComparison.Ordinal)) unsure.Add(Number(error));
            }
        }

        private static int Number(Element message) => int.Parse(message["id"]![1..], CultureInfo.InvariantCulture);

        private static IEnumerable<Element> Taken(PeerUser at, string author, bool isError) => at
            .TakeAll(next => next.LocalName == "message" && next["from"] == author && (next["type"] == "error") == isError);
    }
}
