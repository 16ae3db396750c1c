using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>An attempt to open a link, whose end the test decides.</summary>
internal sealed class ScriptedAttempt(DomainPair pair, ILinkStream? lost, LinkTrace trace)
{
    private readonly TaskCompletionSource<ILinkStream> result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Remote => pair.Remote;

    public ILinkStream? Lost => lost;

    public LinkTrace Trace => trace;

    public bool IsGivenUp => result.Task.IsCanceled;

    internal Task<ILinkStream> Result => result.Task;

    /// <summary>It succeeds.</summary>
    public ScriptedStream Accept(ScriptedStream? stream = null)
    {
        stream ??= new ScriptedStream();
        result.TrySetResult(stream);
        return stream;
    }

    /// <summary>It fails.</summary>
    public void Fail() => result.TrySetException(new LinkFailedException(LinkStep.Connect, StanzaError.RemoteServerTimeout, "Nobody listens."));

    internal void GiveUp(CancellationToken cancel) => result.TrySetCanceled(cancel);
}
