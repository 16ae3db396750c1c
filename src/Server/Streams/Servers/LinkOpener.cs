using System.Net.Security;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Sessions;
using PresenceXml.Server.Streams.Management;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>Opens streams to other servers: policy, where to, TLS, what the other side's certificate says, who we are, and what may follow.</summary>
internal sealed class LinkOpener(ServerServices services, Dial dial) : ILinkOpener
{
    private static readonly TimeSpan ReturnTime = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<ILinkStream> OpenAsync(DomainPair pair, ILinkStream? lost, LinkTrace trace, CancellationToken cancel) =>
        await OpenAsync(pair, lost, trace, isTest: false, cancel);

    /// <summary>Opens a stream that carries nothing but a question: the other side is not told that it may use it too, so that it answers on its own.</summary>
    /// <inheritdoc cref="ILinkOpener.OpenAsync"/>
    public async Task<ILinkStream> OpenForTestAsync(DomainPair pair, LinkTrace trace, CancellationToken cancel) =>
        await OpenAsync(pair, null, trace, isTest: true, cancel);

    private async Task<ServerStreamOut> OpenAsync(DomainPair pair, ILinkStream? lost, LinkTrace trace, bool isTest, CancellationToken cancel)
    {
        trace.Step = LinkStep.Policy;
        DomainPolicy policy = services.Policies.Of(pair.Remote);
        if (policy == DomainPolicy.Deny)
        {
            string remedy = Remedies.Denied(pair.Remote, services.IsFederating);
            trace.Add("failed: the configuration denies links with it");
            trace.Advise(remedy);
            throw new LinkFailedException(LinkStep.Policy, StanzaError.NotAllowed, $"federation with {pair.Remote} is denied by the configuration") { Remedy = remedy };
        }
        if (lost is BackStream) await ReturnAsync(cancel);
        ServerStreamOut? before = lost is ServerStreamOut candidate && await candidate.TryLeaveAsync() ? candidate : null;
        LinkFailedException? failure = null;
        await foreach (ServerConnection connection in dial(pair.Remote, trace, cancel))
        {
            trace.Add($"connected to {connection.Name}");
            var line = new OutboundLine(services, connection, pair, trace, cancel);
            try
            {
                OutboundResult result = await NegotiateAsync(line, pair, policy, before, trace, isTest);
                trace.Step = LinkStep.Open;
                trace.Add("the link is open");
                return new ServerStreamOut(services, line, result);
            }
            catch (LinkFailedException e)
            {
                await line.DisposeAsync();
                // What came farthest says most.
                if (failure is null || e.Step >= failure.Step) failure = e;
            }
            catch
            {
                await line.DisposeAsync();
                throw;
            }
        }
        throw failure ?? new LinkFailedException(LinkStep.Connect, StanzaError.RemoteServerTimeout, $"no server of {pair.Remote} could be reached");
    }

    /// <summary>
    /// Of a stream the other server opened only that one can go on with it, and then it is known what had arrived: it has a while for it. When it does, the
    /// link takes it and this is given up.
    /// </summary>
    private Task ReturnAsync(CancellationToken cancel) => Task.Delay(ReturnTime, services.Time, cancel);

    private async Task<OutboundResult> NegotiateAsync(OutboundLine line, DomainPair pair, DomainPolicy policy, ServerStreamOut? before, LinkTrace trace, bool isTest)
    {
        await line.OpenAsync();
        DomainProof proof = Judge(line, pair, policy, trace);
        bool isBidi = line.Offers(ServerElements.BidiFeatureNs, "bidi");
        if (isBidi && isTest) trace.Add("bidi is offered, and not used for a test: the answer is to come on a stream of theirs");
        if (!isBidi || isTest) return await ProveAsync(line, new OutboundResult(pair, proof, false, null, null, null, new InboundSession(pair, proof)), before, trace);
        services.Bidi.Begin(pair);
        try
        {
            // XEP-0288 §2.2: before it is proven who we are.
            await line.SendAsync(ServerElements.Writing(ServerElements.Bidi));
            trace.Add("bidi: the other side may send on this stream too");
            return await ProveAsync(line, new OutboundResult(pair, proof, true, null, null, null, new InboundSession(pair, proof)), before, trace);
        }
        finally
        {
            services.Bidi.End(pair);
        }
    }

    private async Task<OutboundResult> ProveAsync(OutboundLine line, OutboundResult result, ServerStreamOut? before, LinkTrace trace)
    {
        trace.Step = LinkStep.Prove;
        if (await TryExternalAsync(line, result.Pair, trace)) result = result with { OurProof = DomainProof.Certificate };
        else await DialbackAsync(line, result.Pair, trace);
        return line.Offers(StreamManagement.Ns, "sm") ? await ManageAsync(line, result, before, trace) : result;
    }

    /// <summary>What the other side's certificate says of it, and whether that will do (RFC 6120 §13.7.2, T-11).</summary>
    private static DomainProof Judge(OutboundLine line, DomainPair pair, DomainPolicy policy, LinkTrace trace)
    {
        trace.Step = LinkStep.Tls;
        CertificateFlaw? flaw = line.Line.Peer is { } peer ? peer.Flaw(pair.Remote) : NotShown;
        if (flaw is null)
        {
            trace.Add($"its certificate proves {pair.Remote}");
            return DomainProof.Certificate;
        }
        if (policy == DomainPolicy.RequireCertificate)
        {
            throw line.Failure(LinkStep.Tls, StanzaError.RemoteServerTimeout, $"the certificate of {pair.Remote} {flaw.Problem}, and the configuration requires one that proves it",
                Remedies.Certificate(pair.Remote, flaw.Remedy));
        }
        trace.Add($"its certificate {flaw.Problem}; that the DNS led there is enough by the configuration");
        trace.Advise(flaw.Remedy);
        return DomainProof.Dialback;
    }

    private static readonly CertificateFlaw NotShown = new("was not shown", CertificateFlaw.Authority);

    /// <summary>What is wrong with our certificate, by what we ourselves believe; null: nothing.</summary>
    private string? OwnProblem(DomainPair pair)
    {
        SslStreamCertificateContext own = services.Certificates.Select(pair.Local).Context;
        return new PeerCertificate(new PeerShown(own.TargetCertificate.RawDataMemory, [.. own.IntermediateCertificates.Select(static other => other.RawDataMemory)]), services.Trust, isClient: true).Problem(pair.Local);
    }

    private void AdviseOwn(DomainPair pair, LinkTrace trace)
    {
        if (OwnProblem(pair) is { } problem) trace.Advise(Remedies.OwnCertificate(pair.Local, problem));
    }

    /// <summary>SASL EXTERNAL (XEP-0178 §3). False: it is not offered, or was refused, and dialback may serve.</summary>
    private async ValueTask<bool> TryExternalAsync(OutboundLine line, DomainPair pair, LinkTrace trace)
    {
        if (line.Features.Child(Namespaces.Sasl, "mechanisms")?.Children.Any(static mechanism => mechanism.Text == ServerElements.External) != true)
        {
            trace.Add("SASL EXTERNAL is not offered: our certificate does not prove to the other side who we are, or it takes none");
            AdviseOwn(pair, trace);
            return false;
        }
        await line.SendAsync(ServerElements.Writing(ServerElements.AuthExternal));
        RawElement answer = await line.ReadAsync();
        if (answer.Name is { Namespace: Namespaces.Sasl, Name: "challenge" })
        {
            // RFC 6120 §6.4.2: one that does not read what came with auth.
            await line.SendAsync(ServerElements.Writing(new Element(Namespaces.Sasl, "response", "=")));
            answer = await line.ReadAsync();
        }
        if (answer.Name is not { Namespace: Namespaces.Sasl, Name: "success" })
        {
            Element tree = answer.ToElement();
            string said = string.Join(": ", tree.Children.Select(static child => child.LocalName == "text" ? PeerCertificate.Printable(child.Text) : child.LocalName).DefaultIfEmpty(tree.LocalName));
            trace.Add($"SASL EXTERNAL was refused: {said}");
            AdviseOwn(pair, trace);
            return false;
        }
        trace.Add("we are proven by our certificate (SASL EXTERNAL)");
        line.Line.Stream.Restart();
        await line.OpenStreamAsync();
        return true;
    }

    /// <summary>Dialback as initiating server (XEP-0220 §2.1.1).</summary>
    private async ValueTask DialbackAsync(OutboundLine line, DomainPair pair, LinkTrace trace)
    {
        if (!line.HasDialback)
            throw line.Failure(LinkStep.Prove, StanzaError.RemoteServerTimeout, $"{pair.Remote} accepts neither our certificate nor dialback", Remedies.NoDialback(pair.Local, OwnProblem(pair)));
        var request = new DialbackElement(false, pair.Local, pair.Remote) { Key = services.Keys.Make(pair.Remote, pair.Local, line.Line.Id) };
        trace.Add("dialback: the other side asks our server whether we are who we say");
        await line.SendAsync(request.WriteTo);
        DialbackElement? answer;
        do answer = DialbackElement.Read(await line.ReadAsync());
        while (answer is null || !request.IsAnsweredBy(answer));
        switch (answer.Type)
        {
            case "valid":
                trace.Add("we are proven by dialback");
                return;
            case "invalid":
                throw line.Failure(LinkStep.Prove, StanzaError.InternalServerError, $"the other side does not take us for {pair.Local}: the server it asked by the DNS does not know our key; do the SRV records of {pair.Local} lead to another server?", Remedies.NotOurKey(pair.Local));
            default:
                string said = answer.Error is { } error ? error.Text is null ? error.Condition : $"{error.Condition}: {PeerCertificate.Printable(error.Text)}" : "no reason given";
                throw line.Failure(LinkStep.Prove, StanzaError.RemoteServerTimeout, $"the other side could not find out whether we are {pair.Local}: {said}",
                    Remedies.Dialback(pair.Local, pair.Remote, answer.Error?.Condition ?? "", OwnProblem(pair)));
        }
    }

    /// <summary>Stream management (XEP-0198 1.6): goes on with the stream that was lost, or begins to count anew.</summary>
    private static async Task<OutboundResult> ManageAsync(OutboundLine line, OutboundResult result, ServerStreamOut? before, LinkTrace trace)
    {
        int? handledBefore = null;
        if (before is not null)
        {
            uint received = await before.Session.SettleAsync() ?? 0;
            await line.SendAsync(ServerElements.Writing(ManagementElements.Resume(before.Name!, received)));
            RawElement answer = await ReadManagementAsync(line);
            uint? h = ManagementElements.Number(answer["h"]);
            // One that claims more than it was sent knows nothing.
            if (h is { } handled && before.Carrier.Handled(handled) is { } count)
            {
                handledBefore = count;
                if (answer.Name.Name == "resumed")
                {
                    // It goes on by what was proven now, if that is less.
                    before.Session.Origin.Weaken(result.Proof);
                    before.Resumed();
                    trace.Add($"the stream that was lost goes on; {count} of what was on its way had arrived");
                    return result with { Sent = handled, Name = before.Name, HandledBefore = handledBefore, Session = before.Session };
                }
            }
            else if (answer.Name.Name == "resumed")
            {
                throw line.Failure(LinkStep.Open, StanzaError.RemoteServerTimeout, "the other side resumed the stream with a number that cannot be", null);
            }
            trace.Add("the stream that was lost could not be resumed");
        }
        await line.SendAsync(ServerElements.Writing(ManagementElements.Enable));
        RawElement enabled = await ReadManagementAsync(line);
        if (enabled.Name.Name != "enabled") return result with { HandledBefore = handledBefore };
        result.Session.IsManaged = true;
        bool isResumable = ManagementElements.IsTrue(enabled["resume"]);
        trace.Add(isResumable ? "stream management: what arrives is acknowledged, and the stream can be resumed" : "stream management: what arrives is acknowledged");
        return result with { Sent = 0, Name = isResumable ? enabled["id"] : null, HandledBefore = handledBefore };
    }

    private static async ValueTask<RawElement> ReadManagementAsync(OutboundLine line)
    {
        while (true)
        {
            RawElement element = await line.ReadAsync();
            if (element.Name is { Namespace: StreamManagement.Ns, Name: "enabled" or "resumed" or "failed" }) return element;
            // XEP-0288: with bidi what it has for us may come at once.
            if (element.Name.Namespace == Namespaces.Server) throw line.Failure(LinkStep.Open, StanzaError.RemoteServerTimeout, "the other side sent stanzas before it answered", null);
        }
    }
}
