using System.IO.Pipelines;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>A connection in memory that either end may cut.</summary>
internal sealed class ServerPipes
{
    private readonly Pipe up;
    private readonly Pipe down;
    private readonly CutReader upReader;
    private readonly CutReader downReader;
    private readonly CutWriter upWriter;
    private readonly CutWriter downWriter;

    public ServerPipes()
    {
        // As on Kestrel: a writer waits once 64 KB lie unread.
        var options = new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false);
        up = new Pipe(options);
        down = new Pipe(options);
        (upReader, upWriter) = (new CutReader(up.Reader), new CutWriter(up.Writer));
        (downReader, downWriter) = (new CutReader(down.Reader), new CutWriter(down.Writer));
        Caller = new End(downReader, upWriter);
        Called = new End(upReader, downWriter);
        CallerStream = new DuplexPipeStream(Caller);
        CalledStream = new DuplexPipeStream(Called);
    }

    public IDuplexPipe Caller { get; }
    public IDuplexPipe Called { get; }
    public Stream CallerStream { get; }
    public Stream CalledStream { get; }

    /// <summary>Cuts it: what lies in it is lost, and both ends see it, as they would on Kestrel: who reads gets an exception, who flushes is told that nobody reads.</summary>
    public void Cut()
    {
        upReader.Cut();
        downReader.Cut();
        upWriter.Cut();
        downWriter.Cut();
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

    private sealed class CutReader(PipeReader inner) : PipeReader
    {
        private volatile bool isCut;

        public void Cut()
        {
            isCut = true;
            inner.CancelPendingRead();
        }

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            if (isCut) throw new IOException("cut");
            return Seen(await inner.ReadAsync(cancellationToken));
        }

        public override bool TryRead(out ReadResult result)
        {
            if (!inner.TryRead(out result)) return false;
            Seen(result);
            return true;
        }

        private ReadResult Seen(ReadResult result)
        {
            if (!isCut) return result;
            inner.AdvanceTo(result.Buffer.Start);
            throw new IOException("cut");
        }
    }

    private sealed class CutWriter(PipeWriter inner) : PipeWriter
    {
        private volatile bool isCut;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public void Cut()
        {
            isCut = true;
            inner.CancelPendingFlush();
        }

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            FlushResult result = isCut ? default : await inner.FlushAsync(cancellationToken);
            return isCut ? new FlushResult(isCanceled: false, isCompleted: true) : result;
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
    }
}
