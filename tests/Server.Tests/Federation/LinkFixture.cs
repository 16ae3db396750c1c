using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Testing;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>Links with nothing above or below them, and a clock that stands still.</summary>
[CancelAfter(60_000)]
internal abstract class LinkFixture
{
    private readonly Lock gate = new();
    private readonly List<Stanza> returned = [];
    private readonly List<DomainPair> unreachable = [];

    protected static readonly DomainPair Pair = new("one.test", "two.test");

    protected FarServer Far { get; private set; } = null!;
    protected ServerOptions Options { get; private set; } = null!;
    protected FakeTimeProvider Clock { get; private set; } = null!;
    protected RemoteDomains Domains { get; private set; } = null!;

    protected IReadOnlyList<Stanza> Returned
    {
        get
        {
            lock (gate)
                return [.. returned];
        }
    }

    protected IReadOnlyList<DomainPair> Unreachable
    {
        get
        {
            lock (gate)
                return [.. unreachable];
        }
    }

    [SetUp]
    public void Begin()
    {
        Far = new FarServer();
        Options = new ServerOptions();
        Clock = new FakeTimeProvider();
        lock (gate)
        {
            returned.Clear();
            unreachable.Clear();
        }
        Attach();
    }

    /// <summary>Anew, with other options.</summary>
    protected void Attach(Action<FederationOptions>? configure = null)
    {
        configure?.Invoke(Options.Federation);
        Domains = new RemoteDomains(Options, Clock, NullLogger<RemoteDomains>.Instance);
        Domains.Attach(Far, TakeBack, Lose);
    }

    [TearDown]
    public async Task EndAsync() => await Domains.DisposeAsync();

    protected static Message Message(string id, string to = "juliet@two.test", string body = "x") =>
        new() { Type = MessageType.Chat, From = Jid.Parse("romeo@one.test/r"), To = Jid.Parse(to), Id = id, Content = StanzaContent.Of(new PresenceXml.Protocol.Xml.Element(Namespaces.Client, "body", body)) };

    protected static Notification Presence(PresenceType type, string id) => new() { Type = type, From = Jid.Parse("romeo@one.test/r"), To = Jid.Parse("juliet@two.test"), Id = id };

    protected static string[] Numbers(int from, int count) => [.. Enumerable.Range(from, count).Select(static i => i.ToString(CultureInfo.InvariantCulture))];

    protected LinkReport Report(DomainPair? pair = null) => Domains.Describe().Single(report => report.Pair == (pair ?? Pair));

    private void TakeBack(Stanza answer)
    {
        lock (gate)
            returned.Add(answer);
        Far.Change();
    }

    private void Lose(DomainPair pair)
    {
        lock (gate)
            unreachable.Add(pair);
        Far.Change();
    }
}
