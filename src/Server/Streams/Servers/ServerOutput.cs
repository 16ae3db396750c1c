using System.Buffers;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// What is written onto a stream between servers, by its reader, by a verification that has come to its end, by a link: one after the other,
/// each whole.
/// </summary>
/// <param name="stream">The stream.</param>
/// <param name="gone">Cancelled when nothing more can be written.</param>
internal sealed class ServerOutput(XmppStream stream, CancellationToken gone)
{
    // A peer that asks for more than this and does not read the answers is not read either.
    private const int CrowdedBytes = 64 * 1024;
    // Never waited for by a handle, so there is nothing to dispose of.
    private SemaphoreSlim Turn { get; } = new(1, 1);

    private readonly Lock door = new();
    private ArrayBufferWriter<byte> posted = new();
    private ArrayBufferWriter<byte> spare = new();
    private volatile bool isEnded;

    /// <summary>True once the end of the stream was written.</summary>
    public bool IsEnded => isEnded;

    /// <summary>Writes something and sends it. False: the connection is gone, or the stream was ended.</summary>
    /// <exception cref="OperationCanceledException">The connection is gone.</exception>
    public async ValueTask<bool> SendAsync(Action<IBufferWriter<byte>> write)
    {
        await EnterAsync();
        try
        {
            if (isEnded) return false;
            write(stream.Output);
            return await FlushAsync();
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Writes the end of the stream with what the caller writes before it; nothing follows. False: the connection is gone.</summary>
    /// <exception cref="OperationCanceledException">The connection is gone.</exception>
    public async ValueTask<bool> EndAsync(Action<IBufferWriter<byte>> write)
    {
        await EnterAsync();
        try
        {
            if (isEnded) return false;
            isEnded = true;
            TakePosted();
            write(stream.Output);
            return await stream.FlushAsync(gone);
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Begins a row of writes to <see cref="XmppStream.Output"/> with nothing of others in between.</summary>
    /// <exception cref="OperationCanceledException">The connection is gone.</exception>
    public Task EnterAsync() => Turn.WaitAsync(gone);

    /// <summary>Between <see cref="EnterAsync"/> and <see cref="Leave"/>: sends what was written.</summary>
    public ValueTask<bool> FlushAsync()
    {
        TakePosted();
        return stream.FlushAsync(gone);
    }

    /// <summary>Ends it. What was posted meanwhile is sent.</summary>
    public void Leave()
    {
        Turn.Release();
        Kick();
    }

    /// <summary>Leaves something to be sent as soon as nobody else writes. Never waits; from any thread.</summary>
    public void Post(Action<IBufferWriter<byte>> write)
    {
        lock (door) write(posted);
        Kick();
    }

    /// <summary>Waits while too much lies here that the peer asked for and does not read. To be called by the stream's reader.</summary>
    public async ValueTask MakeRoomAsync()
    {
        bool isCrowded;
        lock (door) isCrowded = posted.WrittenCount > CrowdedBytes;
        if (isCrowded) await SendAsync(static _ => { });
    }

    private void Kick()
    {
        lock (door)
        {
            if (posted.WrittenCount == 0) return;
        }
        // Whoever has the turn looks again when he leaves.
        if (isEnded || !Turn.Wait(0, CancellationToken.None)) return;
        _ = SendPostedAsync();
    }

    private async Task SendPostedAsync()
    {
        try
        {
            if (!isEnded) await FlushAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The reader sees the end.
        }
        finally
        {
            Leave();
        }
    }

    private void TakePosted()
    {
        lock (door)
        {
            if (posted.WrittenCount == 0) return;
            (posted, spare) = (spare, posted);
        }
        stream.Output.Write(spare.WrittenSpan);
        spare.ResetWrittenCount();
    }
}
