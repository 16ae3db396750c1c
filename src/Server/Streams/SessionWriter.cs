using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Streams;

/// <summary>Drains a session's outbox into its stream: a batch, one flush, and the outbox told what was written.</summary>
internal static class SessionWriter
{
    // Within a large batch it flushes in between, so that "no progress" is judged by what a slow line can do in the time allowed.
    private const int FlushBytes = 32 * 1024;

    /// <summary>Writes until the session closes, and then the stream's end. False: the connection was lost before that, or given up.</summary>
    /// <exception cref="OperationCanceledException">The stream is gone.</exception>
    public static async Task<bool> RunAsync(XmppStream stream, Outbox outbox, CancellationToken cancel)
    {
        var batch = new List<OutboxItem>();
        while (await outbox.ReadAsync(batch, cancel))
        {
            outbox.WriteBefore(stream.Output);
            foreach (OutboxItem item in batch)
            {
                outbox.Write(stream.Output, item);
                if (stream.Unflushed >= FlushBytes && !await stream.FlushAsync(cancel)) return false;
            }
            outbox.WriteBehind(stream.Output);
            if (!await stream.FlushAsync(cancel)) return false;
            outbox.Written(batch);
        }
        if (outbox.IsUnattended) return false;
        stream.WriteEnd(outbox.CloseReason);
        return await stream.FlushAsync(cancel);
    }
}
