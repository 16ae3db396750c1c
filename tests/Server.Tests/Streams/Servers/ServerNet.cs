using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Streams;
using PresenceXml.Server.Streams.Servers;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>
/// Servers that reach each other by the domain's name, in memory: whole hearts with real links, streams and TLS, over pipes; and peers that say what the
/// test tells them to. One clock for all, which stands still.
/// </summary>
internal sealed class ServerNet : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string folder = Directory.CreateTempSubdirectory("presencexml-net-").FullName;
    private readonly Dictionary<string, TestServer> servers = [];
    private readonly Dictionary<string, Func<Streams.TestClient, Task>> scripted = [];
    private readonly List<(string From, string To, ServerPipes Pipes)> lines = [];
    private readonly List<Task> running = [];
    private readonly List<IAsyncDisposable> peers = [];
    private readonly Lock gate = new();

    public ServerNet()
    {
        Authority = new CertificateAuthority("Root of the net", Time.GetUtcNow());
        File.WriteAllText(TrustFile, string.Concat(Authority.Trusted.Select(static root => root.ExportCertificatePem() + "\n")));
    }

    public FakeTimeProvider Time { get; } = new();

    public CertificateAuthority Authority { get; }

    /// <summary>Connections begin with TLS.</summary>
    public bool IsDirect { get; set; }

    /// <summary>Asked before a domain is connected to, how many lines there were to it before; true: it cannot be reached.</summary>
    public Func<string, int, bool> IsDown { get; set; } = static (_, _) => false;

    private string TrustFile => Path.Combine(folder, "trusted.pem");

    /// <summary>The address that connections to us come from.</summary>
    public AddressPrefix Address { get; set; } = new(0xC0000202, false);

    /// <summary>A certificate that proves these names to all.</summary>
    public (string Chain, string Key) Proving(params string[] dns) => Authority.Issue(new LeafWish { Now = Time.GetUtcNow(), Dns = dns });

    /// <summary>A certificate that proves nothing.</summary>
    public (string Chain, string Key) SelfSigned(params string[] dns) => CertificateAuthority.SelfSigned(new LeafWish { Now = Time.GetUtcNow(), Dns = dns });

    /// <summary>For a peer's end of TLS.</summary>
    public static SslStreamCertificateContext Context((string Chain, string Key) pem)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem.Chain);
        chain.RemoveAt(0);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(pem.Chain, pem.Key), chain, offline: true);
    }

    /// <summary>Adds a server of ours with one account for each name; it is reached by the domains of its components too.</summary>
    public async Task<TestServer> AddAsync(string domain, (string Chain, string Key) certificate, Action<ServerOptions>? configure = null, params string[] users)
    {
        string pem = Path.Combine(folder, domain + ".pem");
        File.WriteAllText(pem, certificate.Chain + certificate.Key);
        string[] components = [];
        TestServer server = await TestServer.StartAsync(settings =>
        {
            settings.Clock = Time;
            settings.Options.Domains = [domain];
            settings.Options.DataDirectory = folder;
            settings.Options.Tls.Certificate = pem;
            settings.Options.Federation.TrustedCertificates = TrustFile;
            configure?.Invoke(settings.Options);
            components = [.. settings.Options.Components.Keys];
            settings.Services = services =>
            {
                services.AddClientStreams().AddServerStreams();
                services.AddSingleton<Dial>((to, trace, cancel) => ConnectAsync(domain, to, cancel));
            };
        });
        var router = server.Get<RemoteRouter>();
        server.Get<RemoteDomains>().Attach(server.Get<LinkOpener>(), router.Return, router.Unreachable);
        foreach (string served in (string[])[domain, .. components]) servers[served] = server;
        await server.AddAccountsAsync([.. users.Select(user => $"{user}@{domain}")]);
        return server;
    }

    /// <summary>A domain whose server is played by the test.</summary>
    public void Script(string domain, Func<Streams.TestClient, Task> play) => scripted[domain] = play;

    /// <summary>Connects to a server of ours as one that the test plays.</summary>
    public Streams.TestClient Connect(string to) => Connect(to, out _);

    /// <inheritdoc cref="Connect(string)"/>
    public Streams.TestClient Connect(string to, out Task ended)
    {
        var pipes = new ServerPipes();
        ended = Run(to, pipes, pipes.CutCaller, direct: false);
        var peer = new Streams.TestClient(pipes.CallerStream, pipes.HangUp);
        lock (gate) peers.Add(peer);
        return peer;
    }

    /// <summary>Lets the time go by, in small steps, each with what it sets off, until something is done.</summary>
    /// <param name="until">What.</param>
    /// <param name="seconds">A step: longer ones where nothing is negotiated that might take its time.</param>
    public async Task PassAsync(Task until, double seconds = 0.02)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!until.IsCompleted)
        {
            patience.Token.ThrowIfCancellationRequested();
            Time.Advance(TimeSpan.FromSeconds(seconds));
            await Task.WhenAny(until, Task.Delay(2, patience.Token));
        }
        await until;
    }

    /// <summary>How many connections were made from one server to another.</summary>
    public int Lines(string from, string to)
    {
        lock (gate) return lines.Count(line => line.From == from && line.To == to);
    }

    /// <summary>Cuts every connection between servers.</summary>
    public void CutAll()
    {
        List<ServerPipes> open;
        lock (gate) open = [.. lines.Select(static line => line.Pipes)];
        foreach (ServerPipes pipes in open) pipes.Cut();
    }

    private async IAsyncEnumerable<ServerConnection> ConnectAsync(string from, string to, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        cancel.ThrowIfCancellationRequested();
        if ((!servers.ContainsKey(to) && !scripted.ContainsKey(to)) || IsDown(to, Lines(from, to)))
            throw new LinkFailedException(LinkStep.Connect, StanzaError.RemoteServerTimeout, $"{to} is down");
        var pipes = new ServerPipes();
        lock (gate) lines.Add((from, to, pipes));
        if (scripted.TryGetValue(to, out Func<Streams.TestClient, Task>? play))
        {
            var peer = new Streams.TestClient(pipes.CalledStream, pipes.HangUpCalled);
            lock (gate)
            {
                peers.Add(peer);
                running.Add(play(peer));
            }
        }
        else
        {
            _ = Run(to, pipes, pipes.Cut, IsDirect);
        }
        yield return new ServerConnection(pipes.Caller, IsDirect, $"{to} in memory", pipes.Cut, () =>
        {
            pipes.HangUp();
            return default;
        });
    }

    private void Tell()
    {
        foreach ((string domain, TestServer server) in servers)
        {
            foreach (string line in server.Log.Lines) TestContext.Out.WriteLine($"{domain}: {line}");
            foreach (LinkReport report in server.Get<RemoteDomains>().Describe())
                TestContext.Out.WriteLine($"{domain}: {report.Pair} is {report.State}\n{string.Join('\n', report.Trace)}");
        }
    }

    private Task Run(string to, ServerPipes pipes, Action abort, bool direct)
    {
        TestServer server = servers[to];
        var stream = new InboundStream(server.Get<ServerServices>(), server.Get<DialbackVerifier>(), pipes.Called, Address, abort);
        Task run = RunAsync();
        lock (gate) running.Add(run);
        return run;

        async Task RunAsync()
        {
            await using (stream) await stream.RunAsync(direct);
            pipes.HangUpCalled();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (TestContext.CurrentContext.Result.FailCount > 0) Tell();
        foreach (IAsyncDisposable peer in peers) await peer.DisposeAsync();
        foreach (TestServer server in servers.Values.Distinct()) await server.Get<RemoteDomains>().StopAsync(TimeSpan.Zero);
        CutAll();
        await Task.WhenAll(running).WaitAsync(Patience);
        foreach (TestServer server in servers.Values.Distinct())
        {
            await server.DisposeAsync();
            Assert.That(server.Log.Errors, Is.Empty, "errors logged");
        }
        Authority.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
