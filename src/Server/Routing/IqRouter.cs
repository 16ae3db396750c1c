using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Routing;

/// <summary>Where an iq of a local client goes (RFC 6120 §10.3.3, §10.5; RFC 6121 §8.5).</summary>
public sealed class IqRouter(
    Presentities presentities, Dispatcher dispatcher, AccessRules access, RuleChain rules, LocalDomains domains, RemoteDomains remote)
{
    public ValueTask RouteAsync(ClientSession session, Iq iq, CancellationToken cancel)
    {
        Jid to = iq.To ?? session.Presentity.Address;
        if (to == session.Presentity.Address)
        {
            // A result without a request of ours, or the answer to a push: RFC 6121 §2.1.6 lets us ignore both.
            return iq.IsRequest ? AnswerAsync(session, iq, Addressee.Account, to, session.Presentity, null, cancel) : default;
        }
        Stanza sent = iq;
        if (to.Bare != session.Presentity.Address && rules.AskSender(session.Presentity, to, ref sent) is { } refusal)
            return ReplyAsync(session, iq, refusal.Error ?? StanzaError.ServiceUnavailable, cancel);
        iq = (Iq)sent;

        if (!domains.IsLocal(to))
            return remote.TrySend(iq) is { } error ? ReplyAsync(session, iq, error, cancel) : default;
        if (!to.HasLocal)
            return iq.IsRequest ? AnswerAsync(session, iq, Addressee.Domain, domains.DomainOf(to), null, null, cancel) : default;
        if (to.IsFull)
            return RouteToResource(session, iq, to) is { } error ? ReplyAsync(session, iq, error, cancel) : default;
        return iq.IsRequest ? AskAccountAsync(session, iq, to, cancel) : default;
    }

    // §8.5.3: to exactly that resource, or service-unavailable, for whatever reason (D6).
    private StanzaError? RouteToResource(ClientSession session, Iq iq, Jid to)
    {
        if (!presentities.TryFind(to.Bare, out Presentity? recipient) || recipient.FindSession(to.Resource!) is not { } target)
            return StanzaError.ServiceUnavailable;
        lock (recipient.Gate)
        {
            if (recipient != session.Presentity)
            {
                Stanza received = iq;
                if (rules.AskRecipient(recipient, session.Address, ref received) is { } refusal)
                    return refusal.Error ?? StanzaError.ServiceUnavailable;
                iq = (Iq)received;
                if (iq.IsRequest && !access.MayReach(target, session.Address))
                    return StanzaError.ServiceUnavailable;
            }
            if (target.TrySend(iq) || !iq.IsRequest)
                return null;
            return recipient.FindSession(to.Resource!) == target ? StanzaError.ResourceConstraint : StanzaError.ServiceUnavailable;
        }
    }

    private async ValueTask AskAccountAsync(ClientSession session, Iq iq, Jid to, CancellationToken cancel)
    {
        using PresentityLease? lease = await presentities.AcquireAsync(to, cancel);
        await AnswerAsync(session, iq, Addressee.Account, to, lease?.Presentity, null, cancel);
    }

    // The barrier: the server's own answer acknowledges what the stream sent before it, so that has to be durable (D4). It is passed before
    // the handler runs, because a handler may have to put its answer into the outbox in the order of a gate.
    private async ValueTask AnswerAsync(
        ClientSession session, Iq iq, Addressee addressee, Jid target, Presentity? presentity, StanzaError? refusal, CancellationToken cancel)
    {
        Stanza? answer;
        if (!await session.Barrier.PassAsync())
        {
            answer = iq.ToError(StanzaError.ResourceConstraint with { Text = "A message sent before this could not be stored." });
            // Who counts what was handled could not be told which it was.
            if (session.Management is not null)
                session.Close(StreamError.InternalServerError);
        }
        else if (refusal is not null)
        {
            answer = iq.ToError(refusal);
        }
        else
        {
            answer = await dispatcher.AnswerAsync(iq, addressee, target, presentity, session, cancel);
        }
        if (answer is not null)
            await session.SendAsync(answer, cancel);
    }

    private ValueTask ReplyAsync(ClientSession session, Iq iq, StanzaError error, CancellationToken cancel) =>
        iq.IsRequest ? AnswerAsync(session, iq, Addressee.Domain, session.Address, null, error, cancel) : default;
}
