using System.IO.Pipelines;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>A connection in memory that either end may cut.</summary>
internal sealed class ServerPipes
{
    private readonly Pipe up;
    private readonly Pipe down;

    public ServerPipes()
    {
        // As on Kestrel: a writer waits once 64 KB lie unread.
        var options = new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false);
        up = new Pipe(options);
        down = new Pipe(options);
        Caller = new End(down.Reader, up.Writer);
        Called = new End(up.Reader, down.Writer);
        CallerStream = new DuplexPipeStream(Caller);
        CalledStream = new DuplexPipeStream(Called);
    }

    public IDuplexPipe Caller { get; }
    public IDuplexPipe Called { get; }
    public Stream CallerStream { get; }
    public Stream CalledStream { get; }

    /// <summary>Cuts it: what lies in it is lost, and both ends see it.</summary>
    public void Cut()
    {
        foreach (Pipe pipe in new[] { up, down })
        {
            pipe.Writer.Complete(new IOException("cut"));
            pipe.Reader.CancelPendingRead();
        }
    }

    /// <summary>The called one cuts it, and with the socket goes what the caller has not read. For callers that the test plays.</summary>
    public void CutCaller()
    {
        Cut();
        Caller.Input.Complete();
    }

    /// <summary>The caller closes its socket.</summary>
    public void HangUp()
    {
        up.Writer.Complete();
        down.Reader.CancelPendingRead();
    }

    /// <summary>The called one closes its socket.</summary>
    public void HangUpCalled()
    {
        down.Writer.Complete();
        up.Reader.CancelPendingRead();
    }

    private sealed class End(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;
        public PipeWriter Output { get; } = output;
    }
}
