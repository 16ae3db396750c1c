using System.Net;
using System.Net.Sockets;
using PresenceXml.Testing;

namespace PresenceXml.Interop.Tests;

/// <summary>Stands between one client and the server and passes on what comes, both ways, until it is told otherwise. What is said on it is encrypted and none of its business.</summary>
public sealed class BreakableLine : IAsyncDisposable
{
    private readonly int serverPort;
    private readonly CancellationTokenSource ended = new();
    private readonly List<Socket> ends = [];
    private readonly Task accepting;
    private TcpListener? listener;
    private TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool silent;

    public BreakableLine(int serverPort)
    {
        this.serverPort = serverPort;
        Port = Ports.Free();
        Open();
        accepting = AcceptAsync();
    }

    /// <summary>Where the client connects to.</summary>
    public int Port { get; }

    /// <summary>Connections are taken, again.</summary>
    public void Open()
    {
        lock (ends)
        {
            listener = new TcpListener(IPAddress.Loopback, Port);
            listener.Start();
            silent = false;
            opened.SetResult();
        }
    }

    /// <summary>Both ends see the connection reset; further ones are refused until <see cref="Open"/>.</summary>
    public void Cut()
    {
        lock (ends)
        {
            opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
            listener!.Stop();
            listener = null;
            foreach (Socket end in ends) end.Close(timeout: 0);   // 0: reset, without goodbye
            ends.Clear();
        }
    }

    /// <summary>From now on nothing arrives at either end, and neither is told, until <see cref="Open"/>.</summary>
    public void Silence() => silent = true;

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        if (listener is not null) Cut();
        await accepting;
        ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!ended.IsCancellationRequested)
        {
            try
            {
                Task open;
                TcpListener? at;
                lock (ends) (open, at) = (opened.Task, listener);
                await open.WaitAsync(ended.Token);
                if (at is null) continue;
                await ConnectAsync(await at.AcceptSocketAsync(ended.Token));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
            {
                // Cut while it waited, or at the end of the test.
            }
        }
    }

    private async Task ConnectAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        await server.ConnectAsync(IPAddress.Loopback, serverPort);
        lock (ends)
        {
            ends.AddRange([client, server]);
            if (listener is null) client.Close(timeout: 0);
        }
        _ = PumpAsync(client, server);
        _ = PumpAsync(server, client);
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[16384];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and int read)
            {
                if (!silent) await to.SendAsync(buffer.AsMemory(0, read));
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut, or one of them is gone.
        }
    }
}
