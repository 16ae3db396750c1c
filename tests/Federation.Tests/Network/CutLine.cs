using System.Net;
using System.Net.Sockets;

namespace PresenceXml.Federation.Tests.Network;

/// <summary>
/// Stands before the port of a server and passes on what comes, both ways, until it is told to cut: then, after so many more bytes, all its
/// connections are reset at both ends, and what was under way on them is lost. New ones are taken as before.
/// </summary>
public sealed class CutLine : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly TcpListener listener;
    private readonly IPEndPoint server;
    private readonly CancellationTokenSource end = new();
    private readonly List<Socket> sockets = [];
    private readonly Task accepting;
    private TaskCompletionSource? cut;
    private long left;

    /// <param name="address">Where to listen, at a port of its own.</param>
    /// <param name="server">Where to pass things on to.</param>
    public CutLine(IPAddress address, IPEndPoint server)
    {
        this.server = server;
        Address = new IPEndPoint(address, Addresses.FreePort(address));
        listener = new TcpListener(Address);
        listener.Start();
        accepting = AcceptAsync();
    }

    public IPEndPoint Address { get; }

    /// <summary>How many connections were made through it.</summary>
    public int Connections { get; private set; }

    /// <summary>Cuts when so many more bytes have passed, both ways together; done when it has.</summary>
    public Task CutAfterAsync(long bytes)
    {
        lock (gate)
        {
            left = bytes;
            cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return cut.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        lock (gate) Reset();
        await accepting;
        listener.Dispose();
        end.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> pumps = [];
        try
        {
            while (true)
            {
                Socket caller = await listener.AcceptSocketAsync(end.Token);
                Socket called = new(SocketType.Stream, ProtocolType.Tcp);
                caller.NoDelay = called.NoDelay = true;
                try
                {
                    await called.ConnectAsync(server, end.Token);
                }
                catch (SocketException)
                {
                    caller.Close(0); // the server is not there
                    continue;
                }
                lock (gate)
                {
                    Connections++;
                    sockets.AddRange([caller, called]);
                }
                pumps.Add(PumpAsync(caller, called));
                pumps.Add(PumpAsync(called, caller));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(pumps);
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and int read)
                await to.SendAsync(buffer.AsMemory(0, Take(read)));
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut, or one of them is gone.
        }
    }

    // How many of these bytes may pass; the others are lost with the line.
    private int Take(int bytes)
    {
        lock (gate)
        {
            if (cut is null) return bytes;
            int passed = (int)Math.Min(bytes, left);
            left -= passed;
            if (left > 0) return passed;
            Reset();
            cut.SetResult();
            cut = null;
            return 0;
        }
    }

    private void Reset()
    {
        foreach (Socket socket in sockets) socket.Close(timeout: 0); // 0: reset, without goodbye
        sockets.Clear();
    }
}
