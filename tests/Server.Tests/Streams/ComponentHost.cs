using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Streams.Components;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>A server without sockets that has components, <c>irc.localhost</c> and <c>pubsub.example</c>, and lines for them.</summary>
internal sealed partial class ComponentHost : IAsyncDisposable
{
    public const string Secret = "open sesame";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly List<(ComponentStream Stream, TestClient Peer, Task Run)> lines = [];

    private ComponentHost(StreamHost host) => Host = host;

    public StreamHost Host { get; }

    public static async Task<ComponentHost> StartAsync(Action<ServerOptions>? configure = null) => new(await StreamHost.StartAsync(options =>
    {
        options.Components = new Dictionary<string, ComponentOptions> { ["irc.localhost"] = new() { Secret = Secret, QueueBytes = 65536 }, ["pubsub.example"] = new() { Secret = "another" } };
        configure?.Invoke(options);
    }));

    /// <summary>A connection that has said nothing.</summary>
    public TestClient Connect() => Connect(new PipePair());

    /// <summary>A connection that has said nothing, over given pipes.</summary>
    public TestClient Connect(PipePair pipes)
    {
        var stream = new ComponentStream(pipes.Server, Host.Address, pipes.Abort, Host.Get<ComponentServices>());
        var peer = new TestClient(pipes.ClientStream, pipes.HangUp);
        lines.Add((stream, peer, RunAsync()));
        return peer;

        async Task RunAsync()
        {
            await using (stream) await stream.RunAsync(direct: false);
            await pipes.Server.Output.CompleteAsync();
            await pipes.Server.Input.CompleteAsync();
        }
    }

    /// <summary>A component that has proven itself.</summary>
    public async Task<TestClient> LoginAsync(string domain = "irc.localhost", string secret = Secret, PipePair? pipes = null)
    {
        TestClient peer = pipes is null ? Connect() : Connect(pipes);
        string id = await OpenAsync(peer, domain);
        await peer.SendAsync(Handshake(id, secret));
        Assert.That(await peer.ReadToAsync("/>"), Is.EqualTo("<handshake/>"));
        return peer;
    }

    /// <summary>Opens a stream and returns its id.</summary>
    public static async Task<string> OpenAsync(TestClient peer, string domain)
    {
        await peer.SendAsync($"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}'>");
        string header = await peer.ReadToAsync("<stream:stream") + await peer.ReadToAsync(">");
        return Id().Match(header).Groups[1].Value;
    }

#pragma warning disable CA5350 // XEP-0114 §3 names SHA-1.
    public static string Handshake(string id, string secret) => $"<handshake>{Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(id + secret)))}</handshake>";
#pragma warning restore CA5350

    /// <summary>The server stops.</summary>
    public void Stop() => lines.ForEach(static line => line.Stream.Stop(StreamError.SystemShutdown));

    /// <summary>Waits for the stream of a peer to end.</summary>
    public Task EndedAsync(TestClient peer) => lines.Find(line => line.Peer == peer).Run.WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        foreach ((_, TestClient peer, _) in lines) await peer.DisposeAsync();
        await Task.WhenAll(lines.Select(static line => line.Run)).WaitAsync(Patience);
        await Host.DisposeAsync();
    }

    [GeneratedRegex(" id='([^']+)'")]
    private static partial Regex Id();
}
