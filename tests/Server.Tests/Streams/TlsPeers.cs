using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Streams.Tls;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Two servers that meet by TLS in memory, each with a certificate of its own.</summary>
internal sealed class TlsPeers : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("presencexml-peers-").FullName;
    private readonly List<IAsyncDisposable> made = [];

    /// <summary>2030-01-01.</summary>
    public FakeTimeProvider Time { get; } = new();

    /// <summary>A server's certificates.</summary>
    public CertificateStore Store((string Chain, string Key) pem)
    {
        string name = Path.Combine(folder, Guid.NewGuid().ToString());
        File.WriteAllText(name + ".crt", pem.Chain);
        File.WriteAllText(name + ".key", pem.Key);
        var options = new ServerOptions { DataDirectory = folder, Tls = { Certificate = name + ".crt", Key = name + ".key" } };
        return new CertificateStore(options, Time, NullLogger<CertificateStore>.Instance);
    }

    /// <summary>Shakes hands.</summary>
    /// <param name="ours">Of the server that connects.</param>
    /// <param name="theirs">Of the server that is connected to.</param>
    /// <param name="trust">By what both judge.</param>
    /// <param name="target">Whom the connecting one wants.</param>
    public async Task<(TlsTransport Client, TlsTransport Server)> MeetAsync(
        (string Chain, string Key) ours, (string Chain, string Key) theirs, PeerTrust trust, TlsTarget target)
    {
        var pipes = new PipePair();
        using CertificateStore ourStore = Store(ours), theirStore = Store(theirs);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Task<TlsTransport> accepting = TlsTransport.AcceptAsync(pipes.Server, theirStore, target.IsDirect ? null : target.Remote, trust, patience.Token).AsTask();
        Task<TlsTransport> connecting = TlsTransport.ConnectAsync(pipes.Client, target, ourStore, trust, patience.Token).AsTask();
        await Task.WhenAll(accepting, connecting);
        made.Add(accepting.Result);
        made.Add(connecting.Result);
        return (connecting.Result, accepting.Result);
    }

    /// <summary>What the server that connects thinks of the other's certificate.</summary>
    public async Task<PeerCertificate> SeenByClientAsync((string Chain, string Key) theirs, PeerTrust trust, string domain = "there.example") =>
        (await MeetAsync(theirs, theirs, trust, new TlsTarget(domain, "here.example", false))).Client.Peer!;

    /// <summary>What the server that is connected to thinks of the other's certificate.</summary>
    public async Task<PeerCertificate> SeenByServerAsync((string Chain, string Key) ours, PeerTrust trust) =>
        (await MeetAsync(ours, ours, trust, new TlsTarget("there.example", "here.example", false))).Server.Peer!;

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable transport in made) await transport.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
