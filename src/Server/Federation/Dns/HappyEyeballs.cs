using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>
/// Connects to one of several addresses: one after the other, but without waiting long for any (RFC 8305 §5). The first connection wins, the
/// others are given up.
/// </summary>
/// <param name="connect">Connects to one address; a socket error is its way to say no.</param>
/// <param name="timeout">For each address.</param>
/// <param name="clock">The clock.</param>
internal sealed class HappyEyeballs<TConnection>(Func<IPEndPoint, CancellationToken, Task<TConnection>> connect, TimeSpan timeout, TimeProvider clock)
    where TConnection : class, IDisposable
{
    /// <summary>How long an address is tried alone (RFC 8305 §5: Connection Attempt Delay).</summary>
    public static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    /// <summary>Null when there is no address, or none answers.</summary>
    /// <param name="addresses">In the order to be tried; they may come late.</param>
    /// <param name="port">The TCP port.</param>
    /// <param name="trace">Takes each attempt with what became of it.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<TConnection?> ConnectAsync(IAsyncEnumerable<IPAddress> addresses, int port, LinkTrace trace, CancellationToken cancel)
    {
        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        IAsyncEnumerator<IPAddress> source = addresses.GetAsyncEnumerator(race.Token);
        var running = new List<Task<TConnection?>>();
        Task<bool>? next = source.MoveNextAsync().AsTask();
        Task pause = Task.CompletedTask;
        try
        {
            while (next is not null || running.Count > 0)
            {
                cancel.ThrowIfCancellationRequested();
                if (next is { IsCompleted: true } && (pause.IsCompleted || running.Count == 0))
                {
                    if (await next)
                    {
                        pause = Task.Delay(Stagger, clock, race.Token);
                        running.Add(AttemptAsync(new IPEndPoint(source.Current, port), trace, race.Token));
                        next = source.MoveNextAsync().AsTask();
                    }
                    else
                    {
                        next = null;
                    }
                    continue;
                }
                List<Task> awaited = [.. running];
                if (next is not null) awaited.Add(next.IsCompleted ? pause : next);
                if (await Task.WhenAny(awaited) is not Task<TConnection?> attempt || !running.Remove(attempt)) continue;
                if (await attempt is { } connection) return connection;
                // One that fails makes room for the next at once.
                pause = Task.CompletedTask;
            }
            return null;
        }
        finally
        {
            await race.CancelAsync();
            foreach (Task<TConnection?> loser in running) _ = DisposeAsync(loser);
            await DisposeAsync(source, next);
        }
    }

    private async Task<TConnection?> AttemptAsync(IPEndPoint address, LinkTrace trace, CancellationToken cancel)
    {
        using var time = new CancellationTokenSource(timeout, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancel);
        try
        {
            TConnection connection = await connect(address, limit.Token);
            trace.Add(cancel.IsCancellationRequested ? $"{address}: connected, but later than another" : $"{address}: connected");
            return connection;
        }
        catch (OperationCanceledException)
        {
            trace.Add(cancel.IsCancellationRequested ? $"{address}: given up, another was faster or nobody waits any more"
                : string.Create(CultureInfo.InvariantCulture, $"{address}: no connection in {timeout.TotalSeconds:0.#} s"));
        }
        catch (SocketException e)
        {
            trace.WasRefused |= e.SocketErrorCode == SocketError.ConnectionRefused;
            trace.Add($"{address}: {Reason(e)}");
        }
        return null;
    }

    private static async Task DisposeAsync(Task<TConnection?> loser) => (await loser)?.Dispose();

    /// <summary>An iterator can be disposed of only when it stands still; it does soon, since it is cancelled.</summary>
    private static async Task DisposeAsync(IAsyncEnumerator<IPAddress> source, Task<bool>? next)
    {
        try
        {
            if (next is not null) await next;
        }
        catch (OperationCanceledException)
        {
            // As wanted.
        }
        await source.DisposeAsync();
    }

    private static string Reason(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "nobody listens there (connection refused)",
        SocketError.NetworkUnreachable => "there is no way to that network from here",
        SocketError.HostUnreachable => "there is no way to that host",
        SocketError.TimedOut => "no answer",
        _ => e.Message,
    };
}
