using System.Globalization;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>Tests a domain: a stream by all the steps of a link, and a ping whose answer has to come on a stream of theirs.</summary>
internal sealed class LinkTester(ServerServices services, LinkOpener opener, ServerOptions options) : ILinkTester
{
    // They have to look us up, connect, and prove themselves first.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public async Task<LinkTest> TestAsync(DomainPair pair, LinkTrace trace, CancellationToken cancel)
    {
        services.Incoming.Watch(pair, trace);
        try
        {
            await using ILinkStream stream = await OpenAsync(pair, trace, cancel);
            return new LinkTest(stream.Manner, await AskAsync(pair, stream, trace, cancel));
        }
        catch (LinkFailedException e)
        {
            return new LinkTest(null, Failed(e.Step, e.Message, e.Condition, e.Remedy));
        }
        finally
        {
            services.Incoming.Unwatch(trace);
        }
    }

    private async Task<ILinkStream> OpenAsync(DomainPair pair, LinkTrace trace, CancellationToken cancel)
    {
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(options.Federation.OpenSeconds), services.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, time.Token);
        try
        {
            return await opener.OpenForTestAsync(pair, trace, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            string remedy = Remedies.TooSlow(trace.Step, pair.Remote);
            string reason = string.Create(CultureInfo.InvariantCulture, $"{pair.Remote} could not be reached within {options.Federation.OpenSeconds} s");
            trace.Add($"failed: {reason}");
            trace.Advise(remedy);
            throw new LinkFailedException(trace.Step, StanzaError.RemoteServerTimeout, reason) { Remedy = remedy };
        }
    }

    /// <summary>Null: it was answered.</summary>
    private async Task<LinkFailure?> AskAsync(DomainPair pair, ILinkStream stream, LinkTrace trace, CancellationToken cancel)
    {
        var answered = new TaskCompletionSource<Stanza>(TaskCreationOptions.RunContinuationsAsynchronously);
        Iq ping = services.Fences.Ask(pair, answer => answered.TrySetResult(answer));
        var traffic = new PingTraffic(pair, ping);
        try
        {
            trace.Add("a ping is sent; its answer shows that they reach us, too");
            Task<LinkEnd> carrying = stream.CarryAsync(traffic, cancel);
            Task first = await Task.WhenAny(answered.Task, carrying, Task.Delay(AnswerTime, services.Time, cancel));
            cancel.ThrowIfCancellationRequested();
            traffic.Close();
            LinkEnd end = await carrying;
            if (answered.Task.IsCompleted)
            {
                Stanza answer = await answered.Task;
                trace.Add(answer.IsError ? "the ping was answered, with an error, which will do" : "the ping was answered");
                return null;
            }
            bool isLost = first == carrying;
            string reason = isLost ? $"the stream ended before the ping was answered: {end.Reason}"
                : string.Create(CultureInfo.InvariantCulture, $"the ping was {(traffic.Confirmed.IsCompleted ? "taken and " : "")}not answered within {AnswerTime.TotalSeconds} s");
            string remedy = isLost ? Remedies.Lost(pair.Remote) : Remedies.NoAnswer(pair.Local, pair.Remote);
            trace.Add($"failed: {reason}");
            trace.Advise(remedy);
            return Failed(LinkStep.Open, reason, StanzaError.RemoteServerTimeout, remedy);
        }
        finally
        {
            services.Fences.Drop(ping.Id!);
        }
    }

    private LinkFailure Failed(LinkStep step, string reason, StanzaError condition, string? remedy) => new(services.Time.GetUtcNow(), step, reason, condition) { Remedy = remedy };
}
