using System.Globalization;
using System.Net.Sockets;
using PresenceXml.Cable.Run;

namespace PresenceXml.Cable.Lines;

/// <summary>One client's connection through the proxy, from its accepting to the end of both its sockets, and the faults of its plan.</summary>
internal sealed class Line : IDisposable
{
    /// <summary>A fault that was to tear a piece does not wait longer for one.</summary>
    private static readonly TimeSpan TornLimit = TimeSpan.FromMilliseconds(400);

    /// <summary>A server that was told the client's end has so long to close its own; then the proxy does.</summary>
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(20);

    private readonly Socket client;
    private readonly Socket server;
    private readonly LinePump toServer;
    private readonly LinePump toClient;
    private readonly LineRecord record;
    private readonly RunClock clock;
    private readonly FaultCounts counts;
    private readonly bool isManaged;
    private readonly CancellationTokenSource over = new();

    // What happens at one end is not told the other one.
    private volatile bool hidesFromServer;
    private volatile bool hidesFromClient;
    private volatile bool serverIsOver;

    public Line(Socket client, Socket server, LineRecord record, RunClock clock, FaultCounts counts, bool isManaged, ITamper? fromServer, ITamper? fromClient)
    {
        this.client = client;
        this.server = server;
        this.record = record;
        this.clock = clock;
        this.counts = counts;
        this.isManaged = isManaged;
        toServer = new LinePump(client, server, fromClient);
        toClient = new LinePump(server, client, fromServer);
    }

    /// <summary>Runs until both sockets are closed.</summary>
    /// <param name="plan">Null: nothing happens to it.</param>
    /// <param name="calm">Set when the faults are to stop and what they did is to be repaired or ended.</param>
    public async Task RunAsync(FaultPlan? plan, CancellationToken calm)
    {
        Task pumps = Task.WhenAll(PumpAsync(toServer, Direction.ToServer), PumpAsync(toClient, Direction.ToClient));
        using var faulty = CancellationTokenSource.CreateLinkedTokenSource(calm, over.Token);
        Task driving = plan is null ? Task.CompletedTask : DriveAsync(plan, faulty.Token);
        await pumps;
        await over.CancelAsync();
        await driving;
        Abort(client);
        AbortServer();
    }

    public void Dispose() => over.Dispose();

    private async Task PumpAsync(LinePump pump, Direction direction)
    {
        PumpEnd end = await pump.RunAsync();
        bool atServer = (direction == Direction.ToServer) == (end == PumpEnd.Refused);
        if (atServer)
            EndedAtServer(end);
        else
            record.Note(clock.Now, $"client {Word(end)}");
        if (atServer ? hidesFromClient : hidesFromServer)
            return;
        if (end == PumpEnd.Finished)
        {
            Finish(atServer ? client : server);
            if (!atServer)
                CutAfter(CloseLimit);
        }
        else if (atServer)
        {
            Abort(client);
        }
        else
        {
            AbortServer();
        }
    }

    private static string Word(PumpEnd end) => end == PumpEnd.Finished ? "closed" : "was reset or reset";

    // By its own will, by a fault, or because the proxy was told by the client: the first time counts for a dead line.
    private void EndedAtServer(PumpEnd end)
    {
        TimeSpan now = clock.Now;
        serverIsOver = true;
        record.EndAtServer(now);
        record.Note(now, $"server {Word(end)}");
        if (record.SilentSince is { } since && hidesFromServer)
        {
            // With SM it is mostly the same client on its next line that ends the old one.
            if (!isManaged)
                counts.FoundByServer(now - since);
            record.SilentSince = null;
        }
    }

    private void CutAfter(TimeSpan limit) => _ = CutAsync(limit);

    private async Task CutAsync(TimeSpan limit)
    {
        try
        {
            await Task.Delay(limit, over.Token);
            record.Note(clock.Now, "the server did not close");
            AbortServer();
            Abort(client);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It ended by itself.
        }
    }

    private async Task DriveAsync(FaultPlan plan, CancellationToken cancel)
    {
        bool goesOn = true;
        try
        {
            while (goesOn)
            {
                Fault fault = plan.Next();
                await Task.Delay(fault.After, cancel);
                if (fault.Torn is { } direction)
                    await TearAsync(direction == Direction.ToServer ? toServer : toClient, fault.Bytes, cancel);
                goesOn = await StrikeAsync(fault, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            Repair();
        }
    }

    // Repaired, or where the line is dead, ended for both.
    private void Repair()
    {
        if (hidesFromClient || hidesFromServer || toServer.Swallows || toClient.Swallows)
        {
            Both();
            return;
        }
        foreach (LinePump pump in (LinePump[])[toServer, toClient])
        {
            pump.Disarm();
            (pump.Latency, pump.PieceBytes) = (TimeSpan.Zero, 0);
            pump.Release();
        }
    }

    private static async Task TearAsync(LinePump pump, int bytes, CancellationToken cancel)
    {
        Task reached = pump.HoldAfter(bytes);
        await Task.WhenAny(reached, Task.Delay(TornLimit, cancel));
        pump.Disarm();
        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>True when the line goes on.</summary>
    private async Task<bool> StrikeAsync(Fault fault, CancellationToken cancel)
    {
        counts.Add(fault.Kind);
        bool passes = FaultFamily.Of(fault.Kind) is "stalls" or "delays";
        record.Note(clock.Now, Describe(fault), hurts: !passes);
        switch (fault.Kind)
        {
            case FaultKind.StallToServer:
                return await StallAsync([toServer], fault.Lasts, cancel);
            case FaultKind.StallToClient:
                return await StallAsync([toClient], fault.Lasts, cancel);
            case FaultKind.StallBoth:
                return await StallAsync([toServer, toClient], fault.Lasts, cancel);
            case FaultKind.Delay:
                return await SlowAsync(fault.Lasts, TimeSpan.FromMilliseconds(15), 0, cancel);
            case FaultKind.Trickle:
                return await SlowAsync(fault.Lasts, TimeSpan.FromMilliseconds(1), 7, cancel);
            default:
                await EndAsync(fault, cancel);
                return false;
        }
    }

    private static string Describe(Fault fault)
    {
        string lasts = fault.Lasts > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $" {fault.Lasts.TotalSeconds:F2} s") : "";
        return fault.Torn is null ? $"{fault.Kind}{lasts}" : $"{fault.Kind}{lasts}, torn {fault.Torn} after {fault.Bytes} bytes";
    }

    private async Task<bool> StallAsync(LinePump[] pumps, TimeSpan lasts, CancellationToken cancel)
    {
        foreach (LinePump pump in (LinePump[])[toServer, toClient])
        {
            if (pumps.Contains(pump))
                pump.Hold();
            else
                pump.Release();   // where it was torn
        }
        await Task.Delay(lasts, cancel);
        foreach (LinePump pump in pumps)
            pump.Release();
        return true;
    }

    private async Task<bool> SlowAsync(TimeSpan lasts, TimeSpan latency, int piece, CancellationToken cancel)
    {
        foreach (LinePump pump in (LinePump[])[toServer, toClient])
        {
            (pump.Latency, pump.PieceBytes) = (latency, piece);
            pump.Release();
        }
        await Task.Delay(lasts, cancel);
        foreach (LinePump pump in (LinePump[])[toServer, toClient])
            (pump.Latency, pump.PieceBytes) = (TimeSpan.Zero, 0);
        return true;
    }

    private async Task EndAsync(Fault fault, CancellationToken cancel)
    {
        switch (fault.Kind)
        {
            case FaultKind.Close:
                Swallow(toServer);
                Swallow(toClient);
                Finish(server);
                Finish(client);
                await Task.Delay(TimeSpan.FromSeconds(1), cancel);
                break;
            case FaultKind.ResetAtServer:
                hidesFromClient = true;
                Swallow(toServer);
                AbortServer();
                await Task.Delay(fault.Lasts, cancel);
                break;
            case FaultKind.ResetAtClient:
                await LeaveServerAsync(fault.Lasts, cancel);
                return;
            case FaultKind.ResetAtClientLateBytes:
                toServer.Hold();
                hidesFromServer = true;
                Swallow(toClient);
                record.SilentSince = clock.Now;
                Abort(client);
                await Task.Delay(fault.Lasts, cancel);
                record.Note(clock.Now, "late bytes pass");
                toServer.Release();
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
                break;
            case FaultKind.BlackHole:
                hidesFromClient = true;
                Swallow(toServer);
                await LeaveServerAsync(fault.Lasts, cancel, tellClient: false);
                return;
            case FaultKind.HalfCloseToServer:
                Swallow(toServer);
                Finish(server);
                toClient.Release();
                await Task.Delay(fault.Lasts, cancel);
                break;
            case FaultKind.HalfCloseToClient:
                Swallow(toClient);
                Finish(client);
                toServer.Release();
                await Task.Delay(fault.Lasts, cancel);
                break;
            case FaultKind.StallThenReset:
                toServer.Hold();
                toClient.Hold();
                await Task.Delay(fault.Lasts, cancel);
                break;
        }
        Both();
    }

    // The server's end stays open and silent until it finds out, or for a while. A later end of the run's faults does not wait for it.
    private async Task LeaveServerAsync(TimeSpan lasts, CancellationToken cancel, bool tellClient = true)
    {
        hidesFromServer = true;
        Swallow(toClient);
        record.SilentSince = clock.Now;
        if (tellClient)
            Abort(client);
        await Task.Delay(lasts, cancel);
        Both();
    }

    private static void Swallow(LinePump pump)
    {
        pump.Swallows = true;
        pump.Release();
    }

    private void Both()
    {
        toServer.Swallows = toClient.Swallows = true;
        Abort(client);
        AbortServer();
        toServer.Release();
        toClient.Release();
    }

    private void AbortServer()
    {
        record.SilentSince = null;
        Abort(server);
        if (serverIsOver)
            return;
        serverIsOver = true;
        record.EndAtServer(clock.Now);
    }

    private static void Finish(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }
    }

    private static void Abort(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return;
        }
        socket.Close();
    }
}
