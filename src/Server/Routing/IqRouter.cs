using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Routing;

/// <summary>Where an iq of a local client, or of another server, goes (RFC 6120 §10.3.3, §10.5; RFC 6121 §8.5).</summary>
public sealed class IqRouter(
    Presentities presentities, Dispatcher dispatcher, AccessRules access, RuleChain rules, LocalDomains domains, RemoteDomains remote)
{
    public ValueTask RouteAsync(ClientSession session, Iq iq, CancellationToken cancel)
    {
        Jid to = iq.To ?? session.Presentity.Address;
        if (to == session.Presentity.Address)
        {
            // A result without a request of ours, or the answer to a push: RFC 6121 §2.1.6 lets us ignore both.
            return iq.IsRequest ? AnswerAsync(new(session), iq, Addressee.Account, to, session.Presentity, null, cancel) : default;
        }
        Stanza sent = iq;
        if (to.Bare != session.Presentity.Address && rules.AskSender(session.Presentity, to, ref sent) is { } refusal)
            return ReplyAsync(session, iq, refusal.Error ?? StanzaError.ServiceUnavailable, cancel);
        iq = (Iq)sent;

        if (!domains.IsLocal(to))
            return remote.TrySend(iq) is { } error ? ReplyAsync(session, iq, error, cancel) : default;
        if (!to.HasLocal)
            return iq.IsRequest ? AnswerAsync(new(session), iq, Addressee.Domain, domains.DomainOf(to), null, null, cancel) : default;
        if (to.IsFull)
            return RouteToResource(session.Presentity, session.Address, iq, to) is { } error ? ReplyAsync(session, iq, error, cancel) : default;
        return iq.IsRequest ? AskAccountAsync(new(session), iq, to, cancel) : default;
    }

    /// <summary>An iq of another server, with both addresses; its answer leaves through <see cref="RemoteDomains"/>, whether or not the stream is still there.</summary>
    internal ValueTask RouteAsync(RemoteOrigin origin, Iq iq, CancellationToken cancel)
    {
        Jid to = iq.To!;
        var asker = new Asker(null, origin);
        if (!to.HasLocal)
            return iq.IsRequest ? AnswerAsync(asker, iq, Addressee.Domain, domains.DomainOf(to), null, null, cancel) : default;
        if (to.IsFull)
        {
            return RouteToResource(null, iq.From!, iq, to) is { } error && iq.IsRequest
                ? AnswerAsync(asker, iq, Addressee.Domain, to, null, error, cancel)
                : default;
        }
        return iq.IsRequest ? AskAccountAsync(asker, iq, to, cancel) : default;
    }

    /// <summary>An answer for a session of ours; dropped when it is not there any more. Never waits.</summary>
    internal void Return(Iq answer)
    {
        if (answer is { IsRequest: false, To: { HasLocal: true, IsFull: true } to })
            RouteToResource(null, answer.From!, answer, to);
    }

    // §8.5.3: to exactly that resource, or service-unavailable, for whatever reason (D6).
    private StanzaError? RouteToResource(Presentity? sender, Jid from, Iq iq, Jid to)
    {
        if (!presentities.TryFind(to.Bare, out Presentity? recipient) || recipient.FindSession(to.Resource!) is not { } target)
            return StanzaError.ServiceUnavailable;
        lock (recipient.Gate)
        {
            if (recipient != sender)
            {
                Stanza received = iq;
                if (rules.AskRecipient(recipient, from, ref received) is { } refusal)
                    return refusal.Error ?? StanzaError.ServiceUnavailable;
                iq = (Iq)received;
                if (iq.IsRequest && !access.MayReach(target, from))
                    return StanzaError.ServiceUnavailable;
            }
            if (target.TrySend(iq) || !iq.IsRequest)
                return null;
            return recipient.FindSession(to.Resource!) == target ? StanzaError.ResourceConstraint : StanzaError.ServiceUnavailable;
        }
    }

    private async ValueTask AskAccountAsync(Asker asker, Iq iq, Jid to, CancellationToken cancel)
    {
        using PresentityLease? lease = await presentities.AcquireAsync(to, cancel);
        await AnswerAsync(asker, iq, Addressee.Account, to, lease?.Presentity, null, cancel);
    }

    // The barrier: the server's own answer acknowledges what the stream sent before it, so that has to be durable (D4). It is passed before
    // the handler runs, because a handler may have to put its answer into the outbox in the order of a gate.
    private async ValueTask AnswerAsync(
        Asker asker, Iq iq, Addressee addressee, Jid target, Presentity? presentity, StanzaError? refusal, CancellationToken cancel)
    {
        (ClientSession? session, RemoteOrigin? origin) = asker;
        Stanza? answer;
        if (!await (session?.Barrier ?? origin!.Barrier).PassAsync())
        {
            answer = iq.ToError(StanzaError.ResourceConstraint with { Text = "A message sent before this could not be stored." });
            // Who counts what was handled could not be told which it was.
            if (session is { Management: not null })
                session.Close(StreamError.InternalServerError);
        }
        else if (refusal is not null)
        {
            answer = iq.ToError(refusal);
        }
        else
        {
            // The answer to another server takes its own way: that the request's is gone is no reason not to give it.
            answer = await dispatcher.AnswerAsync(iq, addressee, target, presentity, session, origin?.Strength ?? Strength.Local, session is null ? CancellationToken.None : cancel);
        }
        if (answer is null)
            return;
        if (session is null)
            remote.TrySend(answer);
        else
            await session.SendAsync(answer, cancel);
    }

    private ValueTask ReplyAsync(ClientSession session, Iq iq, StanzaError error, CancellationToken cancel) =>
        iq.IsRequest ? AnswerAsync(new(session), iq, Addressee.Domain, session.Address, null, error, cancel) : default;

    /// <summary>Who asked, one of both: to it the answer goes, and of it what was sent before is to be durable first.</summary>
    private readonly record struct Asker(ClientSession? Session, RemoteOrigin? Origin = null);
}
