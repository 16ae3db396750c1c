using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>Links whose attempts and streams the test plays, step by step.</summary>
[CancelAfter(30_000)]
internal abstract class ScriptedFixture : ILinkOpener
{
    protected const string Juliet = "juliet@two.test";
    protected static readonly DomainPair Pair = new("one.test", "two.test");

    private ILoggerFactory loggers = null!;
    private Channel<ScriptedAttempt> attempts = null!;
    private Channel<Stanza> returned = null!;
    private Channel<DomainPair> unreachable = null!;

    protected FakeTimeProvider Clock { get; private set; } = null!;
    protected RemoteDomains Domains { get; private set; } = null!;
    protected CapturedLog Log { get; private set; } = null!;

    /// <summary>Attempts nobody has looked at.</summary>
    protected bool HasAttempt => attempts.Reader.TryPeek(out _);

    protected bool HasReturned => returned.Reader.TryPeek(out _);

    protected bool HasUnreachable => unreachable.Reader.TryPeek(out _);

    /// <summary>Called when an attempt has succeeded, before the link hears of it.</summary>
    protected Action<ILinkStream>? Opened { get; set; }

    /// <summary>Bounds other than the defaults.</summary>
    protected virtual void Configure(FederationOptions options)
    {
    }

    [SetUp]
    public void Begin()
    {
        attempts = Channel.CreateUnbounded<ScriptedAttempt>();
        returned = Channel.CreateUnbounded<Stanza>();
        unreachable = Channel.CreateUnbounded<DomainPair>();
        Opened = null;
        Clock = new FakeTimeProvider();
        Log = new CapturedLog();
        var options = new ServerOptions();
        Configure(options.Federation);
        loggers = LoggerFactory.Create(logging => logging.AddProvider(Log));
        Domains = new RemoteDomains(options, Clock, loggers.CreateLogger<RemoteDomains>());
        Domains.Attach(this, answer => returned.Writer.TryWrite(answer), pair => unreachable.Writer.TryWrite(pair));
    }

    [TearDown]
    public async Task EndAsync()
    {
        await Domains.DisposeAsync();
        string[] errors = [.. Log.Errors];
        loggers.Dispose();
        Log.Dispose();
        Assert.That(errors, Is.Empty);
    }

    async Task<ILinkStream> ILinkOpener.OpenAsync(DomainPair pair, ILinkStream? lost, LinkTrace trace, CancellationToken cancel)
    {
        var attempt = new ScriptedAttempt(pair, lost, trace);
        await using CancellationTokenRegistration registration = cancel.Register(() => attempt.GiveUp(cancel));
        attempts.Writer.TryWrite(attempt);
        ILinkStream opened = await attempt.Result;
        Opened?.Invoke(opened);
        return opened;
    }

    protected ValueTask<ScriptedAttempt> AttemptAsync(CancellationToken cancel) => attempts.Reader.ReadAsync(cancel);

    /// <summary>The next error that goes back.</summary>
    protected ValueTask<Stanza> ReturnedAsync(CancellationToken cancel) => returned.Reader.ReadAsync(cancel);

    protected ValueTask<DomainPair> UnreachableAsync(CancellationToken cancel) => unreachable.Reader.ReadAsync(cancel);

    /// <summary>Whichever comes first: another attempt, or an error.</summary>
    protected async Task<object> AttemptOrReturnedAsync(CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<bool> attempt = attempts.Reader.WaitToReadAsync(either.Token).AsTask();
        Task<bool> answer = returned.Reader.WaitToReadAsync(either.Token).AsTask();
        bool isAttempt = await Task.WhenAny(attempt, answer) == attempt;
        await either.CancelAsync();
        return isAttempt ? await AttemptAsync(cancel) : await ReturnedAsync(cancel);
    }

    /// <summary>Sends a message; what its sender is told at once, or null.</summary>
    protected StanzaError? Send(string id, string to = Juliet, int bytes = 1) => Domains.TrySend(new Message
    {
        Type = MessageType.Chat,
        From = Jid.Parse("romeo@one.test/r"),
        To = Jid.Parse(to),
        Id = id,
        Content = StanzaContent.Of(new Element(Namespaces.Client, "body", new string('x', bytes))),
    });

    protected LinkReport Report(string remote = "two.test") => Domains.Describe().Single(report => report.Pair.Remote == remote);
}
