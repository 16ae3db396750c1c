using System.IO.Pipelines;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>A connection in memory: what one end writes the other reads.</summary>
internal sealed class PipePair
{
    public PipePair()
    {
        // As on Kestrel: a writer waits once 64 KB lie unread.
        var options = new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false);
        var up = new Pipe(options);
        var down = new Pipe(options);
        Server = new End(up.Reader, down.Writer);
        Client = new End(down.Reader, up.Writer);
        ClientStream = new DuplexPipeStream(Client);
    }

    public IDuplexPipe Server { get; }
    public IDuplexPipe Client { get; }
    public Stream ClientStream { get; }

    /// <summary>Cuts the connection, as Kestrel's abort does.</summary>
    public void Abort()
    {
        Client.Output.Complete(new IOException("aborted"));
        Client.Input.CancelPendingRead();
        Client.Input.Complete();
        Aborted.TrySetResult();
    }

    /// <summary>The client closes its socket.</summary>
    public void HangUp()
    {
        Client.Output.Complete();
        Client.Input.Complete();
    }

    /// <summary>Done when <see cref="Abort"/> was called.</summary>
    public TaskCompletionSource Aborted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class End(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;
        public PipeWriter Output { get; } = output;
    }
}
