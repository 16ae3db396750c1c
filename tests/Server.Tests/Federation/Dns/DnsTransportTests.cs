using System.Net;
using System.Net.Sockets;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

[CancelAfter(30_000)]
internal sealed class DnsTransportTests : DnsFixture
{
    private readonly List<string> notes = [];

    private Task<DnsMessage> AskAsync(FakeDnsServer server, bool usesTcp = false, CancellationToken cancel = default)
    {
        notes.Clear();
        return new DnsTransport(Clock).AskAsync(server.EndPoint, new DnsQuestion(Name("a.example"), DnsType.A), TimeSpan.FromSeconds(3), usesTcp, notes.Add, cancel);
    }

    private static string Address(DnsMessage message) => ((AddressRecord)message.Answers.Single()).Address.ToString();

    private static FakeReply Good(FakeQuery query) => new FakeReply(query).Address("a.example", "192.0.2.1");
    private static FakeReply Forged(FakeQuery query) => new FakeReply(query).Address("a.example", "203.0.113.66");

    [Test]
    public async Task A_question_is_answered()
    {
        FakeDnsServer server = Start(Good);
        Assert.That(Address(await AskAsync(server)), Is.EqualTo("192.0.2.1"));
        Assert.That(notes, Is.Empty);
    }

    [Test]
    public async Task Each_question_has_a_number_and_a_port_of_its_own()
    {
        FakeDnsServer server = Start(Good);
        var seen = new List<FakeQuery>();
        for (int i = 0; i < 20; i++)
        {
            await AskAsync(server);
            seen.Add(await server.NextAsync());
        }
        Assert.That(seen.Select(static query => query.From.Port).Distinct().Count(), Is.GreaterThan(15));
        Assert.That(seen.Select(static query => query.Id).Distinct().Count(), Is.GreaterThan(15));
        Assert.That(seen.Select(static query => query.RawName).Distinct().Count(), Is.GreaterThan(5));
    }

    [Test]
    public async Task What_answers_another_number_or_question_is_passed_over(CancellationToken cancel)
    {
        FakeDnsServer server = Add(new FakeDnsServer(query =>
        [
            new FakeReply(query.Id ^ 1, query.Question).Address("a.example", "203.0.113.66").ToArray(),
            new FakeReply(query.Id, [.. FakeReply.Name("b.example"), 0, 1, 0, 1]).Address("a.example", "203.0.113.66").ToArray(),
            [1, 2, 3],
            query.Octets,
            Good(query).ToArray(),
        ]));
        Assert.That(Address(await AskAsync(server, cancel: cancel)), Is.EqualTo("192.0.2.1"));
        Assert.That(server.Asked, Is.EqualTo(new[] { "A a.example" }));
    }

    [Test]
    public async Task What_comes_from_elsewhere_is_passed_over(CancellationToken cancel)
    {
        FakeDnsServer server = Start(static _ => null);
        Task<DnsMessage> asking = AskAsync(server, cancel: cancel);
        FakeQuery query = await server.NextAsync(cancel);
        using var forger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await forger.SendToAsync(Forged(query).ToArray(), query.From, cancel);
        await server.SendAsync(Good(query).ToArray(), query.From);
        Assert.That(Address(await asking), Is.EqualTo("192.0.2.1"));
    }

    [Test]
    public async Task An_answer_in_another_case_is_asked_for_again_over_tcp()
    {
        // Also the way out for servers that do not keep the case.
        FakeDnsServer server = Start(static query => query.IsTcp ? Good(query) : new FakeReply(query.Id, [.. query.Question.Select(static (octet, i) => (byte)(i == 1 ? octet ^ 0x20 : octet))]).Address("a.example", "203.0.113.66"));
        Assert.That(Address(await AskAsync(server)), Is.EqualTo("192.0.2.1"));
        Assert.That(server.Asked, Is.EqualTo(new[] { "A a.example", "tcp A a.example" }));
        Assert.That(notes.Single(), Does.Contain("does not repeat the question"));
    }

    [Test]
    public async Task Over_tcp_the_case_is_no_matter()
    {
        FakeDnsServer server = Start(static query => new FakeReply(query.Id, [.. FakeReply.Name(query.Name), 0, 1, 0, 1]).Address("a.example", "192.0.2.1"));
        Assert.That(Address(await AskAsync(server, usesTcp: true)), Is.EqualTo("192.0.2.1"));
    }

    [Test]
    public async Task What_does_not_fit_is_asked_for_again_over_tcp()
    {
        FakeDnsServer server = Start(static query => query.IsTcp ? Good(query) : new FakeReply(query).Truncated());
        Assert.That(Address(await AskAsync(server)), Is.EqualTo("192.0.2.1"));
        Assert.That(server.Asked, Is.EqualTo(new[] { "A a.example", "tcp A a.example" }));
        Assert.That(notes.Single(), Does.Contain("does not fit"));
    }

    [Test]
    public async Task A_datagram_larger_than_announced_is_asked_for_again_over_tcp()
    {
        FakeDnsServer server = Start(static query => query.IsTcp ? Good(query) : new FakeReply(query).Answer([0], (DnsType)16, 1, new byte[1400]));
        Assert.That(Address(await AskAsync(server)), Is.EqualTo("192.0.2.1"));
    }

    [Test]
    public async Task A_large_answer_comes_over_tcp()
    {
        FakeDnsServer server = Start(static query => query.IsTcp ? new FakeReply(query).Answer([0], (DnsType)16, 1, new byte[60_000]).Address("a.example", "192.0.2.1") : new FakeReply(query).Truncated());
        Assert.That(Address(await AskAsync(server)), Is.EqualTo("192.0.2.1"));
    }

    [TestCase(DnsCode.FormatError)]
    [TestCase(DnsCode.NotImplemented)]
    public async Task A_server_without_edns_is_asked_without(DnsCode code)
    {
        FakeDnsServer server = Start(query => query.HasExtensions ? new FakeReply(query.Id, []) { Questions = 0 }.Code(code) : Good(query));
        Assert.That(Address(await AskAsync(server)), Is.EqualTo("192.0.2.1"));
        Assert.That(notes, Has.Some.Contains("EDNS"));
    }

    [Test]
    public async Task Silence_ends_after_its_time(CancellationToken cancel)
    {
        FakeDnsServer server = Start(static _ => null);
        Task<DnsMessage> asking = AskAsync(server, cancel: cancel);
        await server.NextAsync(cancel);
        Clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.That(asking.IsCompleted, Is.False);
        Clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That(() => asking, Throws.InstanceOf<DnsFailureException>().With.Message.EqualTo($"{server.EndPoint} did not answer in 3 s"));
    }

    [Test]
    public async Task Silence_over_tcp_ends_after_its_time(CancellationToken cancel)
    {
        using var held = new TcpHold();
        Task<DnsMessage> asking = new DnsTransport(Clock).AskAsync(held.EndPoint, new DnsQuestion(Name("a.example"), DnsType.A), TimeSpan.FromSeconds(3), true, notes.Add, cancel);
        await held.ConnectedAsync(cancel);
        Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.That(() => asking, Throws.InstanceOf<DnsFailureException>().With.Message.Contains("did not answer in 3 s"));
    }

    [Test]
    public async Task Cancelling_is_no_failure(CancellationToken cancel)
    {
        FakeDnsServer server = Start(static _ => null);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<DnsMessage> asking = AskAsync(server, cancel: gone.Token);
        await server.NextAsync(cancel);
        await gone.CancelAsync();
        Assert.That(() => asking, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Nobody_there_is_told_at_once()
    {
        IPEndPoint free;
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            free = (IPEndPoint)socket.LocalEndPoint!;
        }
        Assert.That(
            () => new DnsTransport(Clock).AskAsync(free, new DnsQuestion(Name("a.example"), DnsType.A), TimeSpan.FromSeconds(3), false, notes.Add, default),
            Throws.InstanceOf<DnsFailureException>().With.Message.EqualTo($"nobody listens at {free}"));
    }

    [Test]
    public void A_broken_answer_is_a_failure_of_the_server()
    {
        FakeDnsServer server = Add(new FakeDnsServer(static query => [[.. Good(query).ToArray(), 0]]));
        Assert.That(() => AskAsync(server), Throws.InstanceOf<DnsFailureException>().With.Message.Contains("behind its end"));
    }

    [Test]
    public void An_end_in_the_middle_is_a_failure_of_the_server()
    {
        FakeDnsServer server = Start(static query => query.IsTcp ? null : new FakeReply(query).Truncated());
        Assert.That(() => AskAsync(server), Throws.InstanceOf<DnsFailureException>().With.Message.Contains("closed the connection"));
    }

    /// <summary>Takes a connection and says nothing.</summary>
    private sealed class TcpHold : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private TcpClient? client;

        public TcpHold() => listener.Start();

        public IPEndPoint EndPoint => (IPEndPoint)listener.LocalEndpoint;

        public async Task ConnectedAsync(CancellationToken cancel)
        {
            client = await listener.AcceptTcpClientAsync(cancel);
            await client.GetStream().ReadExactlyAsync(new byte[2], cancel);
        }

        public void Dispose()
        {
            client?.Dispose();
            listener.Dispose();
        }
    }
}
