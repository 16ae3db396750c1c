using System.Net;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

[CancelAfter(30_000)]
internal sealed class NameserversTests : DnsFixture
{
    private readonly List<string> notes = [];

    private DnsQuestion Question => new(Name("a.example"), DnsType.A);

    [SetUp]
    public void Forget() => notes.Clear();

    private FakeDnsServer Good() => Start(static query => new FakeReply(query).Address("a.example", "192.0.2.1"));

    [TestCase(DnsCode.ServerFailure, "SERVFAIL")]
    [TestCase(DnsCode.Refused, "REFUSED")]
    public async Task One_that_cannot_tell_is_followed_by_the_next(DnsCode code, string word)
    {
        FakeDnsServer bad = Start(query => new FakeReply(query).Code(code));
        FakeDnsServer good = Good();
        (_, IPEndPoint server) = await Nameservers(bad.EndPoint, good.EndPoint).AskAsync(Question, notes.Add, default);
        Assert.That(server, Is.EqualTo(good.EndPoint));
        Assert.That(notes, Has.Count.EqualTo(1).And.Some.Contains(word));
    }

    [Test]
    public async Task One_that_only_knows_others_is_followed_by_the_next()
    {
        FakeDnsServer bad = Start(static query => new FakeReply(query).Referral("example"));
        FakeDnsServer good = Good();
        (_, IPEndPoint server) = await Nameservers(bad.EndPoint, good.EndPoint).AskAsync(Question, notes.Add, default);
        Assert.That(server, Is.EqualTo(good.EndPoint));
        Assert.That(notes.Single(), Does.Contain("own domains"));
    }

    [Test]
    public async Task That_there_is_no_such_name_is_the_last_word()
    {
        FakeDnsServer first = Start(static query => new FakeReply(query).Code(DnsCode.NoSuchName));
        FakeDnsServer second = Good();
        (DnsMessage message, _) = await Nameservers(first.EndPoint, second.EndPoint).AskAsync(Question, notes.Add, default);
        Assert.That(message.Code, Is.EqualTo(DnsCode.NoSuchName));
        Assert.That(second.Asked, Is.Empty);
    }

    [Test]
    public async Task One_that_is_silent_is_followed_by_the_next_and_then_asked_last(CancellationToken cancel)
    {
        FakeDnsServer silent = Start(static _ => null);
        FakeDnsServer good = Good();
        Nameservers servers = Nameservers(silent.EndPoint, good.EndPoint);
        Task<(DnsMessage, IPEndPoint Server)> asking = servers.AskAsync(Question, notes.Add, cancel);
        await silent.NextAsync(cancel);
        Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That((await asking).Server, Is.EqualTo(good.EndPoint));
        Assert.That(notes, Is.EqualTo(new[] { $"{silent.EndPoint} did not answer in 5 s" }));

        await servers.AskAsync(Question, notes.Add, cancel);
        Assert.That(silent.Asked, Has.Count.EqualTo(1));
        silent.Answer = static query => [new FakeReply(query).ToArray()];
        Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That((await servers.AskAsync(Question, notes.Add, cancel)).Server, Is.EqualTo(silent.EndPoint));
    }

    [Test]
    public async Task What_is_lost_once_is_asked_again(CancellationToken cancel)
    {
        int count = 0;
        FakeDnsServer server = Start(query => ++count == 1 ? null : new FakeReply(query).Address("a.example", "192.0.2.1"));
        Task<(DnsMessage Message, IPEndPoint)> asking = Nameservers(server.EndPoint).AskAsync(Question, notes.Add, cancel);
        await server.NextAsync(cancel);
        Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That((await asking).Message.Answers, Has.Count.EqualTo(1));
    }

    [Test]
    public void Who_says_no_is_not_asked_twice()
    {
        FakeDnsServer first = Start(static query => new FakeReply(query).Code(DnsCode.ServerFailure));
        FakeDnsServer second = Start(static query => new FakeReply(query).Code(DnsCode.Refused));
        Assert.That(
            () => Nameservers(first.EndPoint, second.EndPoint).AskAsync(Question, notes.Add, default),
            Throws.InstanceOf<DnsFailureException>().With.Message.Contains("SERVFAIL").And.Message.Contains("REFUSED"));
        Assert.That(first.Asked, Has.Count.EqualTo(1));
        Assert.That(second.Asked, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task They_take_turns_when_told_so()
    {
        FakeDnsServer first = Good();
        FakeDnsServer second = Good();
        Nameservers servers = Nameservers(new ResolvConf { Servers = [first.EndPoint, second.EndPoint], Rotates = true });
        for (int i = 0; i < 4; i++) await servers.AskAsync(Question, notes.Add, default);
        Assert.That(first.Asked, Has.Count.EqualTo(2));
        Assert.That(second.Asked, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Tcp_alone_when_told_so()
    {
        FakeDnsServer server = Good();
        await Nameservers(new ResolvConf { Servers = [server.EndPoint], UsesTcp = true }).AskAsync(Question, notes.Add, default);
        Assert.That(server.Asked, Is.EqualTo(new[] { "tcp A a.example" }));
    }
}
