using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// Server dialback on a stream that another server opened (XEP-0220 1.1.1 §2.2): its requests to be taken for a domain, and questions whether a key
/// is ours.
/// </summary>
internal sealed class InboundDialback(InboundStream stream, ServerServices services, DialbackVerifier verifier)
{
    /// <summary>Takes a request. What has to be found out elsewhere is, while the stream is read on; its answer is sent when it is known.</summary>
    /// <exception cref="StreamException">The stream has to end.</exception>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async ValueTask TakeAsync(DialbackElement request)
    {
        if (request.Type is not null)
        {
            // §3.1: nothing was asked on this stream.
            ServerLog.Unsolicited(services.Log, request.From, stream.Address);
            if (!stream.MayFail()) throw new StreamException(InboundStream.TooManyFailures);
            return;
        }
        if (!request.IsRequest) throw new StreamException(StreamError.ImproperAddressing with { Text = "A request of dialback needs from, to and a key, and to be verified an id" });
        DialbackElement? answer = request.IsVerify ? Verify(request) : Judge(request);
        if (answer is null) return;
        await stream.Line.SendAsync(answer.WriteTo);
        // Whether a key is ours costs nothing, and is asked for many at a time.
        if (!request.IsVerify && answer.Type != "valid" && !stream.MayFail()) throw new StreamException(InboundStream.TooManyFailures);
    }

    /// <summary>We are the authoritative server (§2.2.2): also for who has proven nothing, for it is no secret whether a key is right.</summary>
    private DialbackElement Verify(DialbackElement request)
    {
        if (!Serves(request.To!)) return request.Answer(StanzaError.ItemNotFound);
        bool isValid = services.Keys.IsValid(request.From!, request.To!, request.Id!, request.Key);
        services.Incoming.Note(new DomainPair(request.To!, request.From!), $"{request.From} asks us, from {stream.Address}, whether the key it got is ours: {(isValid ? "yes" : "no")}");
        return request.Answer(isValid);
    }

    /// <summary>We are the receiving server (§2.2.1). Null: it is not known yet.</summary>
    private DialbackElement? Judge(DialbackElement request)
    {
        var pair = new DomainPair(request.To!, request.From!);
        if (!Serves(pair.Local)) return request.Answer(StanzaError.ItemNotFound);
        if (Serves(pair.Remote)) return Refuse(request, StanzaError.NotAcceptable, "it is a domain of ours");
        DomainPolicy policy = services.Policies.Of(pair.Remote);
        if (policy == DomainPolicy.Deny) return Refuse(request, StanzaError.PolicyViolation, "nothing is exchanged with it here");
        if (services.RequiresTls && !stream.Line.IsSecure) return Refuse(request, StanzaError.PolicyViolation, "TLS comes first");
        if (stream.Proven.Contains(pair)) return request.Answer(true);
        // §1.1: nobody has to be asked for what the certificate says.
        string? problem = stream.Line.Peer is { } peer ? peer.Problem(pair.Remote) : "was not shown";
        if (problem is null) return stream.Prove(pair, DomainProof.Certificate) ? request.Answer(true) : request.Answer(StanzaError.ResourceConstraint);
        if (policy == DomainPolicy.RequireCertificate) return Refuse(request, StanzaError.NotAuthorized, $"its certificate {problem}");
        if (!stream.Proven.TryBegin(pair, out bool isUnderWay))
        {
            // The answer to the first is the answer to both.
            return isUnderWay ? null : request.Answer(StanzaError.ResourceConstraint with { Text = "Too many domains on this stream" });
        }
        _ = FindOutAsync(request, pair, stream.Line.Id, stream.Line.IsSecure);
        return null;
    }

    private DialbackElement Refuse(DialbackElement request, StanzaError error, string reason)
    {
        NotProven(new DomainPair(request.To!, request.From!), reason);
        return request.Answer(error with { Text = $"{request.From} is not accepted: {reason}" });
    }

    private async Task FindOutAsync(DialbackElement request, DomainPair pair, string id, bool isSecure)
    {
        try
        {
            DialbackElement answer = await AskAsync(request, pair, id, isSecure);
            await stream.Line.SendAsync(answer.WriteTo);
            // §2.2.1: with an invalid key and nothing else proven the stream must go.
            if (answer.Type == "invalid") stream.Line.Stop(null);
            else if (answer.Type != "valid" && !stream.MayFail()) stream.Line.Stop(InboundStream.TooManyFailures);
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && stream.Line.Gone.IsCancellationRequested))
        {
            // The stream has gone meanwhile.
        }
        catch (Exception e)
        {
            ServerLog.Failed(services.Log, e);
            stream.Line.Stop(StreamError.InternalServerError);
        }
    }

    private async Task<DialbackElement> AskAsync(DialbackElement request, DomainPair pair, string id, bool isSecure)
    {
        string reason;
        StanzaError error;
        try
        {
            bool isValid = await verifier.VerifyAsync(pair, id, request.Key, stream.Address, stream.Line.Gone);
            // RFC 6120 §5.4.3.3: what was asked before TLS is forgotten.
            if (isValid && isSecure == stream.Line.IsSecure)
            {
                // From here on its stanzas are taken; it sends none before it is told.
                return stream.Prove(pair, DomainProof.Dialback) ? request.Answer(true) : request.Answer(StanzaError.ResourceConstraint);
            }
            stream.Proven.End(pair);
            NotProven(pair, "the server of that domain does not know the key");
            // §2.2.1: others on the same stream are not to suffer for it.
            return stream.Proven.Any || stream.Proven.IsPending ? request.Answer(StanzaError.Forbidden) : request.Answer(false);
        }
        catch (LinkFailedException e)
        {
            (error, reason) = (Condition(e), e.Message);
            // The rest is for our operator: it names addresses, and says what is open in a network that the other side may not see.
            error = error with { Text = Explain(e.Step) };
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            reason = e is TimeoutException ? "the server of that domain did not answer in time" : "the connection to the server of that domain was lost";
            error = StanzaError.RemoteServerTimeout with { Text = reason };
        }
        stream.Proven.End(pair);
        NotProven(pair, reason);
        return request.Answer(error);
    }

    private void NotProven(DomainPair pair, string reason)
    {
        ServerLog.NotProven(services.Log, stream.Address, pair.Remote, reason);
        services.Incoming.Note(pair, $"somebody at {stream.Address} who has opened a stream to us is not taken for {pair.Remote}: {reason}");
    }

    /// <summary>§2.4. RFC 6120 has no remote-connection-failed among stanza errors, which the table has.</summary>
    private static StanzaError Condition(LinkFailedException failure) => failure.Step switch
    {
        LinkStep.Policy => StanzaError.ResourceConstraint,
        LinkStep.Connect => StanzaError.RemoteServerTimeout with { Condition = "remote-connection-failed" },
        // Not in the DNS, or not where the DNS led: what the stream error host-unknown says, and any error in place of a verdict.
        _ => failure.Condition.Condition == StanzaError.RemoteServerNotFound.Condition ? StanzaError.RemoteServerNotFound : StanzaError.RemoteServerTimeout,
    };

    private static string Explain(LinkStep step) => step switch
    {
        LinkStep.Policy => "too many keys are being verified here",
        LinkStep.Resolve => "the server of that domain could not be found in the DNS",
        LinkStep.Connect => "the server of that domain could not be connected to",
        _ => "the server of that domain did not say whether the key is right",
    };

    private bool Serves(string domain) => services.Domains.Serves(Jid.Parse(domain));
}
