using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Streams;

/// <summary>Accepts Kestrel's raw connections, so many of one address at a time, and ends their streams when the server stops.</summary>
internal abstract class StreamListener
{
    private readonly ILogger log;
    private readonly ConnectionLimiter limiter;
    private readonly ConcurrentDictionary<IListenedStream, byte> streams = new();
    private readonly List<ListenOptions> plain = [];
    private readonly List<ListenOptions> direct = [];
    private volatile bool stopping;

    protected StreamListener(ServerOptions options, ILogger log)
    {
        this.log = log;
        limiter = new ConnectionLimiter(options.Limits.ConnectionsPerAddress);
    }

    /// <summary>Where connections with STARTTLS are awaited; the real ports once the server has started.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => [.. plain.Select(listener => listener.IPEndPoint!)];

    /// <summary>Where connections with direct TLS are awaited; the real ports once the server has started.</summary>
    public IReadOnlyList<IPEndPoint> DirectEndPoints => [.. direct.Select(listener => listener.IPEndPoint!)];

    /// <summary>Open connections.</summary>
    public int Connections => streams.Count;

    /// <summary>Adds the listeners to Kestrel, before it starts.</summary>
    public abstract void Listen(KestrelServerOptions kestrel, ListenerOptions listen);

    /// <summary>The stream over a connection.</summary>
    protected abstract IListenedStream Open(ConnectionContext connection, AddressPrefix address);

    /// <summary>Every stream is told <c>system-shutdown</c>; Kestrel waits for them, and the clock cuts those that take too long.</summary>
    public void Stop()
    {
        stopping = true;
        foreach (KeyValuePair<IListenedStream, byte> stream in streams) stream.Key.Stop(StreamError.SystemShutdown);
        Stopping();
    }

    protected void Listen(KestrelServerOptions kestrel, string text, bool isDirect)
    {
        IPEndPoint address = ListenAddress.Parse(text);
        // Kestrel's "any" is both families on one socket, and IPv4 alone where there is no IPv6.
        if (address.Address.Equals(IPAddress.IPv6Any)) kestrel.ListenAnyIP(address.Port, Configure);
        else kestrel.Listen(address, Configure);

        void Configure(ListenOptions listener)
        {
            (isDirect ? direct : plain).Add(listener);
            listener.Run(connection => AcceptAsync(connection, isDirect));
        }
    }

    /// <summary>Called once every stream was told that the server stops.</summary>
    protected virtual void Stopping()
    {
    }

    private async Task AcceptAsync(ConnectionContext connection, bool isDirect)
    {
        AddressPrefix address = AddressPrefix.Of(connection.RemoteEndPoint);
        if (!limiter.TryEnter(address))
        {
            StreamLog.TooManyConnections(log, address);
            connection.Abort();
            return;
        }
        await using IListenedStream stream = Open(connection, address);
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
}
