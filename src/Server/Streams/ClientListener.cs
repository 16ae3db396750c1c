using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Streams;

/// <summary>Accepts clients on Kestrel's raw connections, and ends their streams when the server stops.</summary>
internal sealed class ClientListener
{
    private readonly StreamServices services;
    private readonly ConnectionLimiter limiter;
    private readonly ConcurrentDictionary<ClientStream, byte> streams = new();
    private readonly List<ListenOptions> plain = [];
    private readonly List<ListenOptions> direct = [];
    private volatile bool stopping;

    public ClientListener(ServerOptions options, StreamServices services, IHostApplicationLifetime lifetime)
    {
        this.services = services;
        limiter = new ConnectionLimiter(options.Limits.ConnectionsPerAddress);
        lifetime.ApplicationStopping.Register(Stop);
    }

    /// <summary>Where clients are awaited with STARTTLS; the real ports once the server has started.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => [.. plain.Select(listener => listener.IPEndPoint!)];

    /// <summary>Where clients are awaited with direct TLS; the real ports once the server has started.</summary>
    public IReadOnlyList<IPEndPoint> DirectEndPoints => [.. direct.Select(listener => listener.IPEndPoint!)];

    /// <summary>Open connections.</summary>
    public int Connections => streams.Count;

    /// <summary>Adds the listeners to Kestrel, before it starts.</summary>
    public void Listen(KestrelServerOptions kestrel, ListenerOptions listen)
    {
        foreach (string address in listen.Client) Listen(kestrel, address, plain, isDirect: false);
        foreach (string address in listen.ClientTls) Listen(kestrel, address, direct, isDirect: true);
    }

    private void Listen(KestrelServerOptions kestrel, string text, List<ListenOptions> listeners, bool isDirect)
    {
        IPEndPoint address = ListenAddress.Parse(text);
        // Kestrel's "any" is both families on one socket, and IPv4 alone where there is no IPv6.
        if (address.Address.Equals(IPAddress.IPv6Any)) kestrel.ListenAnyIP(address.Port, Configure);
        else kestrel.Listen(address, Configure);

        void Configure(ListenOptions listener)
        {
            listeners.Add(listener);
            listener.Run(connection => AcceptAsync(connection, isDirect));
        }
    }

    private async Task AcceptAsync(ConnectionContext connection, bool isDirect)
    {
        AddressPrefix address = AddressPrefix.Of(connection.RemoteEndPoint);
        if (!limiter.TryEnter(address))
        {
            StreamLog.TooManyConnections(services.Log, address);
            connection.Abort();
            return;
        }
        await using var stream = new ClientStream(connection.Transport, address, connection.Abort, services);
        streams.TryAdd(stream, 0);
        try
        {
            if (stopping) stream.Stop(StreamError.SystemShutdown);
            await stream.RunAsync(isDirect);
        }
        finally
        {
            streams.TryRemove(stream, out _);
            limiter.Leave(address);
        }
    }

    /// <summary>Every stream is told <c>system-shutdown</c>; Kestrel waits for them, and the clock cuts those that take too long.</summary>
    private void Stop()
    {
        stopping = true;
        foreach (KeyValuePair<ClientStream, byte> stream in streams) stream.Key.Stop(StreamError.SystemShutdown);
    }
}
