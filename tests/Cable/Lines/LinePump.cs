using System.Net.Sockets;

namespace PresenceXml.Cable.Lines;

/// <summary>One direction of a line: passes bytes on in order, and can hold, slow, fragment, swallow or stop them at any byte.</summary>
internal sealed class LinePump(Socket source, Socket destination, ITamper? tamper)
{
    private readonly Lock gate = new();
    private TaskCompletionSource? held;
    private TaskCompletionSource? reached;
    private int bytesToBreak;

    /// <summary>True: what comes is read and thrown away.</summary>
    public bool Swallows { get; set; }

    /// <summary>What each piece waits.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Bytes of a piece; 0: as they come.</summary>
    public int PieceBytes { get; set; }

    public bool IsHeld
    {
        get
        {
            lock (gate)
                return held is not null;
        }
    }

    public void Hold()
    {
        lock (gate)
            held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release()
    {
        TaskCompletionSource? over;
        lock (gate)
            (over, held) = (held, null);
        over?.TrySetResult();
    }

    /// <summary>Holds after so many more bytes. The task ends when they have passed; <see cref="Hold"/> works meanwhile too.</summary>
    public Task HoldAfter(int bytes)
    {
        lock (gate)
        {
            bytesToBreak = bytes;
            reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return reached.Task;
        }
    }

    /// <summary>Does no longer hold after some bytes, where it does not yet.</summary>
    public void Disarm()
    {
        lock (gate)
            reached = null;
    }

    public async Task<PumpEnd> RunAsync()
    {
        byte[] buffer = new byte[8192];
        while (true)
        {
            int count;
            try
            {
                count = await source.ReceiveAsync(buffer);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                await PassableAsync();
                return PumpEnd.Reset;
            }
            if (count == 0)
            {
                await PassableAsync();
                return PumpEnd.Finished;
            }
            try
            {
                ReadOnlyMemory<byte> bytes = buffer.AsMemory(0, count);
                await ForwardAsync(tamper is null ? bytes : tamper.Pass(bytes));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return PumpEnd.Refused;
            }
        }
    }

    private async ValueTask ForwardAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            await PassableAsync();
            if (Swallows)
                return;
            if (Latency > TimeSpan.Zero)
                await Task.Delay(Latency);
            int size = Room(PieceBytes > 0 ? Math.Min(PieceBytes, bytes.Length) : bytes.Length);
            if (size == 0)
                continue;
            // Anything sent while a fault swallows would be a piece of nothing.
            if (Swallows)
                return;
            await SendAsync(bytes[..size]);
            bytes = bytes[size..];
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await destination.SendAsync(bytes)..];
    }

    // How much of a piece may pass before the break; at the break it begins to hold.
    private int Room(int size)
    {
        lock (gate)
        {
            if (reached is null)
                return size;
            int room = Math.Min(size, bytesToBreak);
            bytesToBreak -= room;
            if (bytesToBreak > 0)
                return room;
            held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            reached.TrySetResult();
            reached = null;
            return room;
        }
    }

    private async ValueTask PassableAsync()
    {
        while (true)
        {
            Task? wait;
            lock (gate)
                wait = held?.Task;
            if (wait is null)
                return;
            await wait;
        }
    }
}
