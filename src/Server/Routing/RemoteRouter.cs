using Microsoft.Extensions.Logging;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Storage;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Routing;

/// <summary>
/// Where stanzas of other servers, and of components, enter the heart: by the rules that hold for senders of ours (RFC 6121 §8), with no account of
/// ours behind the sender. What is answered leaves through <see cref="RemoteDomains"/> and is never waited for.
/// </summary>
public sealed class RemoteRouter
{
    private readonly Presentities presentities;
    private readonly MessageDelivery messages;
    private readonly RemotePresence presences;
    private readonly Fetches fetches;
    private readonly Subscriptions subscriptions;
    private readonly IqRouter iqs;
    private readonly LocalDomains domains;
    private readonly RemoteDomains remote;
    private readonly AccessUpdates access;
    private readonly ILogger<RemoteRouter> logger;
    private readonly StoreFailures storeFailures;

    // How many streams each pair has spoken on that are still open.
    private readonly Dictionary<DomainPair, int> open = [];

    public RemoteRouter(
        Presentities presentities, MessageDelivery messages, RemotePresence presences, Fetches fetches, Subscriptions subscriptions,
        IqRouter iqs, LocalDomains domains, RemoteDomains remote, AccessUpdates access,
        TimeProvider clock, ILogger<RemoteRouter> logger)
    {
        this.presentities = presentities;
        this.messages = messages;
        this.presences = presences;
        this.fetches = fetches;
        this.subscriptions = subscriptions;
        this.iqs = iqs;
        this.domains = domains;
        this.remote = remote;
        this.access = access;
        this.logger = logger;
        storeFailures = new StoreFailures(clock, logger);
    }

    /// <summary>
    /// Routes a stanza of another server. Completes when the next stanza of the stream may be looked at (RFC 6120 §10.1); what is to be durable
    /// before it is acknowledged is in the origin's barrier by then. Never throws for what a peer sent.
    /// </summary>
    /// <param name="origin">The stream it came on.</param>
    /// <param name="stanza">
    /// Whose <c>from</c> was proven, and whose <c>to</c> is in a domain of ours; or one of the two is a component's (XEP-0114), and it may have to be passed on.
    /// </param>
    /// <param name="cancel">The stream ends; what was decided is still done.</param>
    /// <exception cref="OperationCanceledException">The stream ended before it was handled.</exception>
    public ValueTask RouteAsync(RemoteOrigin origin, Stanza stanza, CancellationToken cancel)
    {
        if (!domains.IsLocal(stanza.To!))
        {
            Reply(stanza, remote.TrySend(stanza));
            return default;
        }
        Hear(origin, stanza);
        try
        {
            ValueTask routing = stanza switch
            {
                Message message => RouteMessage(origin, message, cancel),
                Iq iq => iqs.RouteAsync(origin, iq, cancel),
                Notification presence => Receive(presence),
                Subscribe subscribe => SubscribeAsync(origin, subscribe, cancel),
                Fetch fetch => FetchAsync(origin, fetch, cancel),
                _ => throw new ArgumentException($"No such stanza: {stanza.GetType()}", nameof(stanza)),
            };
            return routing.IsCompletedSuccessfully ? default : GuardAsync(routing, stanza);
        }
#pragma warning disable CA1031 // Our bug must not end the other server's stream; logged and answered in one place.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Fail(exception, stanza);
            return default;
        }
    }

    /// <summary>
    /// Answers a stanza that cannot be routed for what is wrong with it, such as an iq without a child; an iq behind the barrier, as any answer.
    /// </summary>
    /// <param name="origin">The stream it came on.</param>
    /// <param name="stanza">As for <see cref="RouteAsync"/>.</param>
    /// <param name="problem">What <see cref="StanzaReader"/> said of it.</param>
    public async ValueTask RefuseAsync(RemoteOrigin origin, Stanza stanza, StanzaError problem)
    {
        if (domains.IsLocal(stanza.To!))
            Hear(origin, stanza);
        if (stanza is Iq { IsRequest: true } && !await origin.Barrier.PassAsync())
            problem = StanzaError.ResourceConstraint;
        Reply(stanza, problem);
    }

    /// <summary>
    /// Takes what could not be sent back to who sent it: an error, from the remote address to ours. Enters as if it had come, but never waits;
    /// not to be called inside a gate, and so not inside <see cref="RemoteDomains.TrySend"/>. Who is not there any more is not told.
    /// </summary>
    public void Return(Stanza answer)
    {
        if (answer is { IsError: true, To: { } sender } && !domains.IsLocal(sender))
        {
            // To a component, which sent to another server through us.
            remote.TrySend(answer);
            return;
        }
        if (answer is not { IsError: true, From: not null, To: { HasLocal: true } to })
            return; // the domain itself asked nobody
        try
        {
            switch (answer)
            {
                case Message message when presentities.TryFind(to.Bare, out Presentity? recipient):
                    // An error is for a session, or for nobody: it is never stored, so nothing is to be kept loaded for it.
                    messages.Deliver(recipient, null, message, Strength.Local, out _);
                    break;
                case Iq iq:
                    iqs.Return(iq);
                    break;
                case Notification presence:
                    presences.Return(presence);
                    break;
            }
        }
#pragma warning disable CA1031 // The link that gives back has others to give back to.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            RoutingLog.RoutingFailed(logger, exception, answer.LocalName, answer.Id, answer.From);
        }
    }

    /// <summary>
    /// A server cannot be reached. Unless it has a stream to us, on which it tells what changes, what our users see of its users is taken back.
    /// Not to be called inside a gate.
    /// </summary>
    internal void Unreachable(DomainPair pair)
    {
        lock (open)
        {
            if (open.ContainsKey(pair))
                return;
        }
        presences.Unreachable(pair);
    }

    /// <summary>
    /// A stream of another server has ended, or lost its line: nothing is routed for it, unless it is resumed. May be called again for the same.
    /// </summary>
    /// <param name="origin">The stream.</param>
    /// <param name="isLost">True when it broke off: the server may be gone, which one question shows, or is known already.</param>
    public void End(RemoteOrigin origin, bool isLost)
    {
        foreach (DomainPair pair in origin.Heard)
        {
            bool isLast;
            lock (open)
            {
                isLast = --open[pair] == 0;
                if (isLast)
                    open.Remove(pair);
            }
            if (!isLast || !isLost)
                continue;
            // A link that pauses takes no question.
            if (remote.IsPausing(pair))
                presences.Unreachable(pair);
            else
                presences.Doubt(pair);
        }
        origin.Heard.Clear();
    }

    private void Hear(RemoteOrigin origin, Stanza stanza)
    {
        var pair = new DomainPair(stanza.To!.Domain, stanza.From!.Domain);
        if (origin.Heard.Add(pair))
        {
            access.Heard(pair.Remote, origin.Strength);
            lock (open)
                open[pair] = open.GetValueOrDefault(pair) + 1;
        }
        presences.Heard(pair);
    }

    private async ValueTask GuardAsync(ValueTask routing, Stanza stanza)
    {
        try
        {
            await routing;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Fail(exception, stanza);
        }
    }

    private void Fail(Exception exception, Stanza stanza)
    {
        if (exception is StorageException)
            storeFailures.Report(stanza, exception);
        else
            RoutingLog.RoutingFailed(logger, exception, stanza.LocalName, stanza.Id, stanza.From);
        if (stanza is Message or Iq or Subscribe)
            Reply(stanza, exception is StorageException ? StanzaError.ResourceConstraint : StanzaError.InternalServerError);
    }

    private void Reply(Stanza stanza, StanzaError? error)
    {
        if (error is not null && stanza.ToError(error) is { } answer)
            remote.TrySend(answer);
    }

    private ValueTask RouteMessage(RemoteOrigin origin, Message message, CancellationToken cancel)
    {
        if (!message.To!.HasLocal)
        {
            Reply(message, message.Type == MessageType.Headline ? null : StanzaError.ServiceUnavailable);
            return default;
        }
        ValueTask<PresentityLease?> acquiring = presentities.AcquireAsync(message.To.Bare, cancel);
        if (!acquiring.IsCompletedSuccessfully)
            return DeliverAsync(acquiring, origin, message);
        Deliver(acquiring.Result, origin, message);
        return default;
    }

    private async ValueTask DeliverAsync(ValueTask<PresentityLease?> acquiring, RemoteOrigin origin, Message message) =>
        Deliver(await acquiring, origin, message);

    private void Deliver(PresentityLease? lease, RemoteOrigin origin, Message message)
    {
        if (lease is null)
        {
            Reply(message, MessageDelivery.AnswerOfAbsent(message));
            return;
        }
        using (lease)
        {
            StanzaError? error = messages.Deliver(lease.Presentity, null, message, origin.Strength, out Task? commit);
            if (commit is not null)
                origin.AddCommit(commit);
            Reply(message, error);
        }
    }

    private ValueTask Receive(Notification presence)
    {
        if (presence.To!.HasLocal)
            presences.Receive(presence);
        return default;
    }

    private async ValueTask SubscribeAsync(RemoteOrigin origin, Subscribe subscribe, CancellationToken cancel)
    {
        if (!subscribe.To!.HasLocal)
            return; // a domain has no presence
        using PresentityLease? lease = await presentities.AcquireAsync(subscribe.To.Bare, cancel);
        // §8.5.1: silently, as if it were off (D6).
        if (lease is not null)
            await subscriptions.ReceiveAsync(lease.Presentity, subscribe, origin.Strength);
    }

    private async ValueTask FetchAsync(RemoteOrigin origin, Fetch fetch, CancellationToken cancel)
    {
        if (!fetch.To!.HasLocal)
            return;
        using PresentityLease? lease = await presentities.AcquireAsync(fetch.To.Bare, cancel);
        fetches.Answer(lease?.Presentity, fetch, origin.Strength);
    }
}
