using System.IO.Pipelines;
using System.Text;
using System.Text.RegularExpressions;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Streams.Servers;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>How a link that closes learns that all of it has arrived: the clock stands still, so that it has to be told, and no time limit does it.</summary>
[CancelAfter(30_000)]
public sealed class LinkCarrierTests
{
    private static readonly DomainPair Pair = new("here.example", "there.example");
    private ServerNet net = null!;
    private ServerPipes pipes = null!;
    private ServerLine line = null!;
    private LinkCarrier carrier = null!;

    [SetUp]
    public async Task Begin()
    {
        net = new ServerNet();
        TestServer server = await net.AddAsync("here.example", net.SelfSigned("here.example"));
        pipes = new ServerPipes();
        line = new ServerLine(server.Get<ServerServices>(), pipes.Caller, pipes.Cut);
        carrier = new LinkCarrier(server.Get<ServerServices>(), Pair, line, ownsLine: false);
    }

    [TearDown]
    public async Task End()
    {
        await line.DisposeAsync();
        await net.DisposeAsync();
    }

    private async Task<string> WrittenAsync(CancellationToken cancel)
    {
        ReadResult result = await pipes.Called.Input.ReadAsync(cancel);
        string text = Encoding.UTF8.GetString(result.Buffer);
        pipes.Called.Input.AdvanceTo(result.Buffer.End);
        return text;
    }

    private static string PingId(string written) => Regex.Match(written, "'(fence-[^']*)'").Groups[1].Value;

    [Test]
    public async Task What_was_sent_behind_a_request_for_acknowledgement_is_asked_for_too(CancellationToken cancel)
    {
        carrier.Manage(0);
        var traffic = new Batches("m1", "m2");
        Task<LinkEnd> carrying = carrier.CarryAsync(traffic, cancel);
        string written = await WrittenAsync(cancel);
        Assert.That(written, Does.Contain("id='m1'").And.Contain("id='m2'"));
        Assert.That(written.Split("<r ").Length - 1, Is.EqualTo(1), written);
        carrier.Acknowledged(1);
        Assert.That(await WrittenAsync(cancel), Does.StartWith("<r "));
        Assert.That(carrying.IsCompleted, Is.False);
        carrier.Acknowledged(2);
        Assert.That(((await carrying.WaitAsync(cancel)).IsLost, traffic.Confirmed), Is.EqualTo((false, 2)));
    }

    [Test]
    public async Task What_was_sent_behind_a_ping_is_pinged_for_too(CancellationToken cancel)
    {
        var traffic = new Batches("m1", "m2");
        Task<LinkEnd> carrying = carrier.CarryAsync(traffic, cancel);
        string written = await WrittenAsync(cancel);
        Assert.That(written, Does.Contain("id='m1'").And.Contain("id='m2'"));
        Assert.That(written.Split("urn:xmpp:ping").Length - 1, Is.EqualTo(1), written);
        carrier.Answered(PingId(written));
        written = await WrittenAsync(cancel);
        Assert.That(written, Does.StartWith("<iq ").And.Contain("urn:xmpp:ping"));
        Assert.That(carrying.IsCompleted, Is.False);
        carrier.Answered(PingId(written));
        Assert.That(((await carrying.WaitAsync(cancel)).IsLost, traffic.Confirmed), Is.EqualTo((false, 2)));
    }

    [Test]
    public async Task An_answer_behind_a_ping_is_not_waited_for(CancellationToken cancel)
    {
        var traffic = new Batches("m1", "answer");
        Task<LinkEnd> carrying = carrier.CarryAsync(traffic, cancel);
        string written = await WrittenAsync(cancel);
        carrier.Answered(PingId(written));
        Assert.That(((await carrying.WaitAsync(cancel)).IsLost, traffic.Confirmed), Is.EqualTo((false, 2)));
    }

    [Test]
    public async Task Who_has_no_more_time_does_not_wait(CancellationToken cancel)
    {
        carrier.Manage(0);
        using var stop = new CancellationTokenSource();
        Task<LinkEnd> carrying = carrier.CarryAsync(new Batches("m1"), stop.Token);
        Assert.That(await WrittenAsync(cancel), Does.Contain("id='m1'"));
        Assert.That(carrying.IsCompleted, Is.False);
        await stop.CancelAsync();
        await carrying.WaitAsync(cancel);
    }

    /// <summary>A link that has these to send, one after the other, and is closed then.</summary>
    private sealed class Batches(params string[] ids) : ILinkTraffic
    {
        private int next;

        public int Confirmed { get; private set; }

        public DomainPair Pair => LinkCarrierTests.Pair;

        public int Unconfirmed => next - Confirmed;

        public ValueTask<bool> ReadAsync(List<Stanza> batch, CancellationToken cancel)
        {
            batch.Clear();
            if (next == ids.Length) return new(false);
            string id = ids[next++];
            Jid from = Jid.Parse("romeo@here.example/r"), to = Jid.Parse("juliet@there.example/j");
            batch.Add(id == "answer" ? new Iq { Type = IqType.Result, From = from, To = to, Id = id } : new Message { From = from, To = to, Id = id });
            return new(true);
        }

        public void Confirm(int count) => Confirmed += count;
    }
}
