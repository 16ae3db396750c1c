using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// Asks the authoritative server of a domain whether a key is right (XEP-0220 1.1.1 §2.1.2), each time on a connection of its own. How many are asked at a
/// time is bounded, for each is a connection that a stranger makes us open: for one address, and in all. One that has had its time gives way to others, so
/// that servers that never answer do not keep those out that do.
/// </summary>
internal sealed class DialbackVerifier(ServerServices services, Dial dial)
{
    private const int MaxAtATime = 100;

    // Of one address, with those that wait: more than a server of many domains needs at once.
    private const int MaxOfAddress = 40;

    // What each has at least: names, TCP, TLS and a question, also around the world.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // As long as a connection may take to be made; the other server waits for our answer and has a limit of its own.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    private readonly Turns turns = new(MaxAtATime, Patience, services.Time);
    private readonly ConnectionLimiter askers = new(MaxOfAddress);

    /// <summary>True when the server of <see cref="DomainPair.Remote"/> knows the key.</summary>
    /// <param name="pair">Who is to be taken for whom here.</param>
    /// <param name="id">The id of the stream the key was sent on.</param>
    /// <param name="key">The key.</param>
    /// <param name="asker">Who wants to be taken.</param>
    /// <param name="cancel">Nobody wants to know any more.</param>
    /// <exception cref="LinkFailedException">That server could not be asked, or could not tell.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public async Task<bool> VerifyAsync(DomainPair pair, string id, string key, AddressPrefix asker, CancellationToken cancel)
    {
        if (!askers.TryEnter(asker)) throw TooMany();
        using var limit = new CancellationTokenSource(TimeLimit, services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        CancellationToken giveWay = default;
        try
        {
            using Turn turn = await turns.EnterAsync(either.Token);
            giveWay = turn.Token;
            using var all = CancellationTokenSource.CreateLinkedTokenSource(either.Token, giveWay);
            return await AskAsync(pair, id, key, all.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw giveWay.IsCancellationRequested ? TooMany() : new TimeoutException();
        }
        finally
        {
            askers.Leave(asker);
        }
    }

    private static LinkFailedException TooMany() => new(LinkStep.Policy, StanzaError.ResourceConstraint, "too many keys are being verified here");

    private async Task<bool> AskAsync(DomainPair pair, string id, string key, CancellationToken cancel)
    {
        var trace = new LinkTrace(services.Time);
        LinkFailedException? failure = null;
        await foreach (ServerConnection connection in dial(pair.Remote, trace, cancel))
        {
            await using var line = new OutboundLine(services, connection, pair, trace, cancel);
            try
            {
                return await AskAsync(line, new DialbackElement(true, pair.Local, pair.Remote) { Id = id, Key = key });
            }
            catch (LinkFailedException e)
            {
                if (failure is null || e.Step >= failure.Step) failure = e;
            }
        }
        throw failure ?? new LinkFailedException(LinkStep.Connect, StanzaError.RemoteServerTimeout, $"no server of {pair.Remote} could be reached");
    }

    private static async Task<bool> AskAsync(OutboundLine line, DialbackElement request)
    {
        await line.OpenAsync();
        await line.SendAsync(request.WriteTo);
        while (true)
        {
            // Only the answer to what was asked here counts (§3.1).
            if (DialbackElement.Read(await line.ReadAsync()) is not { } answer || !request.IsAnsweredBy(answer)) continue;
            return answer.Type switch
            {
                "valid" => true,
                "invalid" => false,
                // §2.4: to the other side it is as if the domain were not there.
                "error" => throw Unsure(StanzaError.RemoteServerNotFound),
                _ => throw Unsure(StanzaError.RemoteServerTimeout),
            };

            LinkFailedException Unsure(StanzaError condition) => line.Failure(LinkStep.Prove, condition,
                $"the server of {request.To} did not say whether the key is right: {answer.Error?.Condition ?? "no reason given"}", null);
        }
    }
}
