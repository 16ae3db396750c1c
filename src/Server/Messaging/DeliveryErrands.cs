using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Delivery;

namespace PresenceXml.Server.Messaging;

/// <summary>
/// What delivery rules want done beside the delivery: answers, copies for others, reports. One after the other, apart from who caused them: no
/// gate is held, and a sender cannot tell by the time it takes that there is a rule. Bounded: what is too much is left out and logged, never a message.
/// </summary>
public sealed class DeliveryErrands : IAsyncDisposable
{
    private const int Max = 4096;
    private const long MaxBytes = 16 * 1024 * 1024;

    private readonly Channel<DeliveryErrand> errands = Channel.CreateBounded<DeliveryErrand>(new BoundedChannelOptions(Max) { SingleReader = true });
    private readonly Presentities presentities;
    private readonly LocalDomains domains;
    private readonly RemoteDomains remote;
    private readonly DeliveryReports reports;
    private readonly ILogger<DeliveryErrands> logger;
    private readonly Task loop;
    private MessageDelivery? carrier;
    private long waiting;

    public DeliveryErrands(Presentities presentities, LocalDomains domains, RemoteDomains remote, DeliveryReports reports, ILogger<DeliveryErrands> logger)
    {
        this.presentities = presentities;
        this.domains = domains;
        this.remote = remote;
        this.reports = reports;
        this.logger = logger;
        loop = RunAsync();
    }

    /// <summary>Ends when what was asked for is done.</summary>
    public async ValueTask DisposeAsync()
    {
        errands.Writer.TryComplete();
        await loop;
    }

    /// <summary>Who delivers to accounts of ours.</summary>
    internal void Attach(MessageDelivery delivery) => carrier = delivery;

    /// <summary>
    /// Notes what an outcome asks for beside the delivery. Under the gate of the account. Returns the outcome; where a copy for somebody else could not
    /// be noted, one by which the account keeps its own.
    /// </summary>
    /// <param name="owner">Whose rule it is.</param>
    /// <param name="stanza">What came.</param>
    /// <param name="outcome">What the rules said.</param>
    /// <param name="rules">Where answers are remembered.</param>
    /// <param name="chain">What is sent passes the account's own rules for sending.</param>
    internal DeliveryOutcome Take(Presentity owner, Stanza stanza, DeliveryOutcome outcome, DeliveryRules rules, RuleChain chain)
    {
        if (outcome.Reply is { } reply && Send(owner, AutoReply.Make(owner.Address, stanza, reply.Text!), chain))
            rules.Replied(owner, outcome.Replier!, stanza.From!);
        if (outcome.Report is { } report)
            Add(new DeliveryErrand(owner.Address, null, stanza, report.Reason));
        if (outcome.Redirect is { } redirect && Send(owner, Redirection.Make(owner.Address, redirect.To!, stanza, rules.Now), chain)
            && !redirect.KeepsCopy && outcome.Disposition == DeliveryActionKind.Keep)
            return outcome with { Disposition = DeliveryActionKind.FileInto, Box = Redirection.Box };
        return outcome;
    }

    /// <summary>Everything that was asked for until now is done; for tests.</summary>
    internal async Task IdleAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await errands.Writer.WriteAsync(new DeliveryErrand(domains.All[0], null, Done: done));
        await done.Task;
    }

    private bool Send(Presentity owner, Message message, RuleChain chain)
    {
        Stanza sent = message;
        return chain.AskSender(owner, message.To!, ref sent) is null && Add(new DeliveryErrand(owner.Address, (Message)sent));
    }

    private bool Add(DeliveryErrand errand)
    {
        if (Interlocked.Add(ref waiting, errand.Bytes) <= MaxBytes && errands.Writer.TryWrite(errand))
            return true;
        Interlocked.Add(ref waiting, -errand.Bytes);
        DeliveryLog.ErrandDropped(logger, errand.Account);
        return false;
    }

    private async Task RunAsync()
    {
        await foreach (DeliveryErrand errand in errands.Reader.ReadAllAsync())
        {
            try
            {
                await DoAsync(errand);
            }
#pragma warning disable CA1031 // One that fails must not end the others.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                DeliveryLog.ErrandFailed(logger, exception, errand.Account);
            }
            Interlocked.Add(ref waiting, -errand.Bytes);
        }
    }

    private async ValueTask DoAsync(DeliveryErrand errand)
    {
        errand.Done?.TrySetResult();
        Message? message = errand.Reported is { } reported
            ? await reports.AddAsync(errand.Account, domains.DomainOf(errand.Account), reported, errand.Reason!)
            : errand.Message;
        if (message is null)
            return;
        if (!domains.IsLocal(message.To!))
        {
            remote.TrySend(message);
            return;
        }
        using PresentityLease? lease = message.To!.HasLocal ? await presentities.AcquireAsync(message.To.Bare, CancellationToken.None) : null;
        // What it is answered nobody waits for: a machine sent it.
        if (lease is not null)
            carrier?.Deliver(lease.Presentity, null, message, Strength.Local, out _);
    }
}
