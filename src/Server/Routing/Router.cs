using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Routing;

/// <summary>Where a client's stanza enters the heart.</summary>
public sealed class Router
{
    private readonly Presentities presentities;
    private readonly MessageDelivery messages;
    private readonly Notifications notifications;
    private readonly Fetches fetches;
    private readonly Subscriptions subscriptions;
    private readonly IqRouter iqs;
    private readonly RuleChain rules;
    private readonly LocalDomains domains;
    private readonly RemoteDomains remote;
    private readonly ILogger<Router> logger;
    private readonly TimeProvider clock;
    private readonly StoreFailures storeFailures;

    public Router(
        Presentities presentities, MessageDelivery messages, Notifications notifications, Fetches fetches, Subscriptions subscriptions,
        IqRouter iqs, RuleChain rules, LocalDomains domains, RemoteDomains remote, TimeProvider clock, ILogger<Router> logger)
    {
        this.presentities = presentities;
        this.messages = messages;
        this.notifications = notifications;
        this.fetches = fetches;
        this.subscriptions = subscriptions;
        this.iqs = iqs;
        this.rules = rules;
        this.domains = domains;
        this.remote = remote;
        this.clock = clock;
        this.logger = logger;
        storeFailures = new StoreFailures(clock, logger);
    }

    /// <summary>
    /// Routes a stanza of a local client (from already stamped). Completes when the next stanza of the stream may be looked at
    /// (RFC 6120 §10.1). Never throws for what a peer sent.
    /// </summary>
    /// <exception cref="OperationCanceledException">The stream ends.</exception>
    public ValueTask RouteAsync(ClientSession session, Stanza stanza, CancellationToken cancel)
    {
        // The account is being deleted, or is to be read anew: the stream is about to end, and what it says changes nothing any more.
        if (session.Presentity.IsRemoved)
            return default;
        try
        {
            ValueTask routing = stanza switch
            {
                Message message => RouteMessage(session, message, null, cancel),
                Iq iq => iqs.RouteAsync(session, iq, cancel),
                Notification { To: null } presence => BroadcastAsync(session, presence, cancel),
                Notification presence => ReplyAsync(session, presence, Direct(session, presence), cancel),
                Subscribe subscribe => SubscribeAsync(session, subscribe, cancel),
                Fetch fetch => FetchAsync(session, fetch, cancel),
                _ => throw new ArgumentException($"No such stanza: {stanza.GetType()}", nameof(stanza)),
            };
            return routing.IsCompletedSuccessfully ? default : GuardAsync(routing, session, stanza, cancel);
        }
#pragma warning disable CA1031 // Our bug must not end the sender's stream; logged and answered in one place.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return FailAsync(exception, session, stanza, cancel);
        }
    }

    private async ValueTask GuardAsync(ValueTask routing, ClientSession session, Stanza stanza, CancellationToken cancel)
    {
        try
        {
            await routing;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            await FailAsync(exception, session, stanza, cancel);
        }
    }

    private ValueTask FailAsync(Exception exception, ClientSession session, Stanza stanza, CancellationToken cancel)
    {
        if (exception is StorageException)
            storeFailures.Report(stanza, exception);
        else
            RoutingLog.RoutingFailed(logger, exception, stanza.LocalName, stanza.Id, stanza.From);
        StanzaError error = exception is StorageException ? StanzaError.ResourceConstraint : StanzaError.InternalServerError;
        return stanza is Message or Iq or Subscribe ? ReplyAsync(session, stanza, error, cancel) : default;
    }

    private static ValueTask ReplyAsync(ClientSession session, Stanza stanza, StanzaError? error, CancellationToken cancel) =>
        error is not null && stanza.ToError(error) is { } answer ? session.SendAsync(answer, cancel) : default;

    // A message that its client can repeat (XEP-0359 §3). What was sent before is handled, whatever the rules say by now.
    private ValueTask RouteOnce(ClientSession session, Message message, MessageDigest digest, CancellationToken cancel)
    {
        DateTimeOffset now = clock.GetUtcNow();
        Task<RecentlySent> loading = session.Presentity.RecentlySentAsync(now);
        if (!loading.IsCompletedSuccessfully)
            return RouteOnceAsync(loading, session, message, digest, cancel);
        var once = new SendingOnce(loading.Result, digest, now);
        return once.WasSent(session) ? default : RouteMessage(session, message, once, cancel);
    }

    private async ValueTask RouteOnceAsync(Task<RecentlySent> loading, ClientSession session, Message message, MessageDigest digest, CancellationToken cancel)
    {
        await loading.WaitAsync(cancel);
        await RouteOnce(session, message, digest, cancel);
    }

    private ValueTask RouteMessage(ClientSession session, Message message, SendingOnce? once, CancellationToken cancel)
    {
        // §10.3.1: as if to the own bare JID.
        Jid own = session.Presentity.Address;
        Jid to = message.To ?? own;
        if (message.To is null)
            message = message with { To = own };
        if (once is null && Storable.IsStorable(message) && MessageDigest.Of(message) is { } digest)
            return RouteOnce(session, message, digest, cancel);
        Stanza sent = message;
        if (to.Bare != own && rules.AskSender(session.Presentity, to, ref sent) is { } refusal)
            return ReplyAsync(session, message, refusal.Error, cancel);
        message = (Message)sent;
        // XEP-0359 §5: in the account's name only this server gives ids, and its log and its other resources see this message too.
        StanzaContent content = message.Content.WithoutForgedIds(own);
        if (!ReferenceEquals(content, message.Content))
            message = message with { Content = content };

        if (!domains.IsLocal(to))
            return FinishAsync(session, message, Depart(session, message, once), cancel);
        if (!to.HasLocal)
            return FinishAsync(session, message, message.Type == MessageType.Headline ? null : StanzaError.ServiceUnavailable, cancel);
        ValueTask<PresentityLease?> acquiring = presentities.AcquireAsync(to.Bare, cancel);
        return acquiring.IsCompletedSuccessfully
            ? Deliver(session, message, once, acquiring.Result, cancel)
            : DeliverAsync(acquiring, session, message, once, cancel);
    }

    private async ValueTask DeliverAsync(
        ValueTask<PresentityLease?> acquiring, ClientSession session, Message message, SendingOnce? once, CancellationToken cancel) =>
        await Deliver(session, message, once, await acquiring, cancel);

    private ValueTask Deliver(ClientSession session, Message message, SendingOnce? once, PresentityLease? lease, CancellationToken cancel)
    {
        if (lease is null)
            return FinishAsync(session, message, AnswerOfUnknown(session, message) ?? Depart(session, message, once), cancel);
        StanzaError? error;
        using (lease)
        {
            Task? commit;
            error = once is { } sending
                ? sending.Deliver(messages, lease.Presentity, session, message, out commit)
                : messages.Deliver(lease.Presentity, session, message, Strength.Local, out commit);
            if (commit is not null)
                session.AddCommit(commit);
        }
        return FinishAsync(session, message, error, cancel);
    }

    private StanzaError? Depart(ClientSession session, Message message, SendingOnce? once)
    {
        Task? commit;
        StanzaError? error = once is { } sending ? sending.Deliver(messages, null, session, message, out commit) : messages.Depart(session, message, out commit);
        if (commit is not null)
            session.AddCommit(commit);
        return error;
    }

    // What is refused is so in the sight of the account's other resources.
    private static ValueTask FinishAsync(ClientSession session, Message message, StanzaError? error, CancellationToken cancel)
    {
        if (error is null || message.ToError(error) is not Message answer)
            return default;
        CarbonCopies.Refused(session, message, answer);
        return session.SendAsync(answer, cancel);
    }

    // D-09: who has a subscription to an account that is gone knew it, and is told; everybody else gets what an account that is off gives.
    private static StanzaError? AnswerOfUnknown(ClientSession session, Message message)
    {
        bool knewIt = message.Type is not (MessageType.Headline or MessageType.Error)
            && session.Presentity.Contact(message.To!.Bare) is { } item && (item.State.HasTo() || item.State.HasFrom());
        return knewIt ? StanzaError.ServiceUnavailable : MessageDelivery.AnswerOfAbsent(message);
    }

    private async ValueTask BroadcastAsync(ClientSession session, Notification presence, CancellationToken cancel)
    {
        if (presence.IsError)
            return; // nothing of ours was sent to be answered so
        bool isFirst = !session.Presentity.IsAvailable;
        await ReplyAsync(session, presence, notifications.Broadcast(session, presence), cancel);
        if (isFirst && session.ShownPresence is not null)
            await subscriptions.RepeatAsync(session, cancel);
    }

    private StanzaError? Direct(ClientSession session, Notification presence)
    {
        Stanza sent = presence;
        if (presence.To!.Bare != session.Presentity.Address && rules.AskSender(session.Presentity, presence.To, ref sent) is { } refusal)
            return refusal.Error;
        return notifications.Direct(session, (Notification)sent);
    }

    private async ValueTask SubscribeAsync(ClientSession session, Subscribe subscribe, CancellationToken cancel)
    {
        // Answered with the address the client used, not with the one it was reduced to.
        StanzaError? error = await subscriptions.SendAsync(session, subscribe, cancel);
        await ReplyAsync(session, subscribe, error, cancel);
    }

    private async ValueTask FetchAsync(ClientSession session, Fetch fetch, CancellationToken cancel)
    {
        Jid own = session.Presentity.Address;
        fetch = fetch with { From = session.Address, To = fetch.To ?? own };
        Stanza sent = fetch;
        if (fetch.To!.Bare != own && rules.AskSender(session.Presentity, fetch.To, ref sent) is not null)
            return; // never answered by an error merely for being a probe (§4.3.1)
        fetch = (Fetch)sent;
        if (!domains.IsLocal(fetch.To!))
        {
            remote.TrySend(fetch);
            return;
        }
        if (!fetch.To!.HasLocal)
            return; // a domain has no presence
        using PresentityLease? lease = await presentities.AcquireAsync(fetch.To.Bare, cancel);
        fetches.Answer(lease?.Presentity, fetch, Strength.Local);
    }
}
