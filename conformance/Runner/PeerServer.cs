using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using PresenceXml.Protocol;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// A scripted XMPP server, <c>[Server] Verona</c>. As an actor it is the server as a whole: it sends on the connection it opened
/// (RFC 6120 §4.5 has one for each direction) and receives what comes on those that were opened to it. <see cref="Out"/> and
/// <see cref="In"/> are single connections.
/// </summary>
public sealed partial class PeerServer : Actor
{
    private readonly Venue venue;
    private readonly PeerListener listener;
    private readonly Dialback dialback;
    private readonly X509Certificate2 certificate;
    private readonly bool isLed;
    private readonly Channel<Received> inbox = Channel.CreateUnbounded<Received>();
    private readonly HashSet<string> senders = new(StringComparer.Ordinal);
    private readonly HashSet<string> recipients = new(StringComparer.Ordinal);
    private readonly List<(PeerLine Line, Task Serving)> lines = [];
    private readonly List<PeerStream> before = [];
    private readonly Func<PeerStream> makeIn;
    private readonly CancellationTokenSource end = new();
    private Task accepting = Task.CompletedTask;

    private PeerServer(CastMember member, PeerListener listener, Venue venue, Matcher matcher, bool isLed, StepLog? log)
        : base(member, new("", listener.Domain, ""), venue, matcher, log)
    {
        (this.venue, this.listener, this.isLed) = (venue, listener, isLed);
        dialback = new(Domain, PeerStream.NewStreamId());
        certificate = SelfSigned(Domain);
        Out = new(NameOfOut(member), Domain, dialback, certificate, venue, matcher, log);
        makeIn = () => new($"{member.Name} (in)", Domain, dialback, certificate, venue, matcher, log);
        In = makeIn();
    }

    public string Domain => listener.Domain;

    /// <summary>The domain of the server under test.</summary>
    public string Peer => venue.Domain;

    /// <summary>The connection that this server opened.</summary>
    public PeerStream Out { get; }

    /// <summary>The connection that the play accepted last.</summary>
    public PeerStream In { get; private set; }

    public override string ContentNamespace => Namespaces.Server;

    /// <summary>Whether it can send stanzas.</summary>
    public override bool IsOnline => Out.IsOnline;

    /// <summary>Whether a fence can tell what it receives: stanzas flow in one of the directions, and no step leads the incoming ones.</summary>
    public bool CanBeFenced => !isLed && (IsOnline || HasReceived);

    public override IReadOnlyList<string?> SenderAddresses => senders.Count > 0 ? [.. senders] : [$"fence@{Domain}"];

    /// <summary>The addresses at this server that the play spoke of: to these a fence has to go.</summary>
    public IReadOnlyList<string> RecipientAddresses => recipients.Count > 0 ? [.. recipients] : [$"fence@{Domain}"];

    private bool HasReceived { get; set; }

    /// <summary>Appears: from here on it can be called.</summary>
    /// <param name="isLed">Whether steps of the play lead the connections that are opened to it; else it answers as an ordinary server.</param>
    /// <param name="log">Told what comes and what is sent on its single connections; null: nobody watches.</param>
    public static PeerServer Start(CastMember member, Venue venue, Matcher matcher, bool isLed, StepLog? log = null)
    {
        var server = new PeerServer(member, PeerListener.Start(), venue, matcher, isLed, log);
        if (!isLed)
            server.accepting = server.ServeAsync();
        return server;
    }

    /// <summary>Why no scripted server can be called on this machine, null when one can.</summary>
    public static string? WhyNot() => PeerListener.WhyNot();

    /// <summary>How a play and its log name the connection that a server opened.</summary>
    internal static string NameOfOut(CastMember member) => $"{member.Name} (out)";

    /// <summary>What a play knows of it by name: <c>domain</c>, <c>stream-id</c> (<c>(in) stream-id</c>), <c>dialback-key</c>; null when it is none of these.</summary>
    public string? Value(string what, string? argument) => (what, argument) switch
    {
        ("domain", null) => Domain,
        ("stream-id" or "(out)", null or "stream-id") => Out.StreamId,
        ("(in)", "stream-id") => In.StreamId,
        ("dialback-key", _) => dialback.Key(venue.Domain, argument ?? Out.StreamId ?? throw new FormatException($"{Name} has no stream yet")),
        _ => null,
    };

    /// <summary>Notes the addresses at this server in what anybody sends.</summary>
    public void Meet(string sent)
    {
        foreach (Match match in AddressAttribute().Matches(sent))
        {
            var address = match.Groups["address"].Value;
            var bare = address.Split('/', 2)[0];
            if (!bare.EndsWith("@" + Domain, StringComparison.Ordinal))
                continue;
            recipients.Add(bare);
            if (match.Groups["name"].Value == "from")
                senders.Add(address);
        }
    }

    public override Task SendAsync(string text, CancellationToken cancel) => Out.SendAsync(text, cancel);

    /// <summary>The whole way of an ordinary server: connection, TLS as the venue says, stream, dialback.</summary>
    public async Task ConnectAsync(CancellationToken cancel)
    {
        await Out.OpenConnectionAsync(direct: false, cancel);
        await Out.SecureAsync(cancel);
        await Out.OpenStreamAsync(cancel);
        await Out.ProveDomainAsync(cancel);
    }

    /// <summary>Takes the next connection that the server under test opens; it is <see cref="In"/> from here on.</summary>
    public async Task AcceptAsync(CancellationToken cancel)
    {
        before.Add(In);
        In = makeIn();
        try
        {
            await In.AcceptAsync(await listener.Accepted.ReadAsync(cancel).AsTask().WaitAsync(venue.Patience, cancel));
        }
        catch (TimeoutException)
        {
            throw new PlayFailedException($"a connection to {Domain}", $"nothing within {venue.Patience.TotalSeconds:0.#} s");
        }
    }

    /// <summary>Takes the next connection as an ordinary server does, up to and with the features that offer dialback.</summary>
    public async Task AcceptStreamAsync(CancellationToken cancel)
    {
        await AcceptAsync(cancel);
        await In.SecureAsync(cancel);
        await In.AnswerStreamAsync(offersTls: false, cancel);
    }

    /// <summary>Stops listening and cuts every line: a server that is gone.</summary>
    public async Task GoAwayAsync()
    {
        await listener.DisposeAsync();
        await accepting;
        lines.ForEach(static each => each.Line.Drop());
        foreach (var stream in (PeerStream[])[Out, In, .. before])
            await stream.DisposeAsync();
        await Task.WhenAll(lines.Select(static each => each.Serving));
        HasReceived = false;
    }

    public override async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await GoAwayAsync();
        await base.DisposeAsync();
        end.Dispose();
        certificate.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override async Task<Received> NextAsync(TimeSpan patience)
    {
        Received? next;
        while (!inbox.Reader.TryRead(out next))
            await inbox.Reader.WaitToReadAsync().AsTask().WaitAsync(patience);
        return next;
    }

    private async Task ServeAsync()
    {
        await foreach (var socket in listener.Accepted.ReadAllAsync())
        {
            var line = new PeerLine(socket, Domain, dialback, certificate, venue.Tls != TlsMode.None, Keep);
            lines.Add((line, line.ServeAsync(end.Token)));
        }
    }

    private void Keep(Received received)
    {
        if (LifeSign.Is(received, Peer, Domain))
            return;
        HasReceived = true;
        inbox.Writer.TryWrite(received);
    }

    private static X509Certificate2 SelfSigned(string domain)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={domain}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(domain);
        names.AddIpAddress(IPAddress.Parse(domain));
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(7));
        // Schannel takes no key that lives in memory only; through PKCS#12 it is one everywhere.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    [GeneratedRegex("""\s(?<name>from|to)=(?<quote>['"])(?<address>[^'"]*)\k<quote>""", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex AddressAttribute();
}
