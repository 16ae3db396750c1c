using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Federation;

/// <summary>What goes to domains that are not ours: each pair of domains has a <see cref="Link"/> while there is something to send, or to remember.</summary>
public sealed class RemoteDomains : IAsyncDisposable
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GoingBack = TimeSpan.FromSeconds(0.5);

    private readonly ConcurrentDictionary<DomainPair, Link> links = new();
    private readonly LinkMemory memory = new();
    private readonly FederationOptions options;
    private readonly DomainPolicies policies;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly ComponentDomains? components;
    private readonly Lock making = new();
    private LinkWorld? world;
    private ITimer? timer;
    private long sweptAt;
    private volatile bool isStopping;

    /// <param name="options">federation.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="log">The log.</param>
    /// <param name="components">Domains that are reached by no link; null: there are none.</param>
    public RemoteDomains(ServerOptions options, TimeProvider clock, ILogger<RemoteDomains> log, ComponentDomains? components = null)
    {
        this.options = options.Federation;
        this.clock = clock;
        this.log = log;
        this.components = components;
        policies = new DomainPolicies(options.Federation);
    }

    /// <summary>What each domain has to prove itself by.</summary>
    internal DomainPolicies Policies => policies;

    /// <summary>Domains that a part of this server answers for, below one of its own; filled while modules register. As <see cref="TrySend"/>, each.</summary>
    internal ConcurrentDictionary<string, Func<Stanza, StanzaError?>> Services { get; } = new(StringComparer.Ordinal);

    /// <summary>Takes everything instead of the links; for tests of the heart, which has no business with links.</summary>
    internal Func<Stanza, StanzaError?>? Taker { get; set; }

    /// <summary>
    /// Takes a stanza for another server; never waits. Null: it was taken, or nobody is to be told that it was not (an answer, or a fetch,
    /// which RFC 6121 §4.3 makes best effort). Otherwise what its sender is answered (RFC 6120 §10.4.3); a broadcast is not.
    /// </summary>
    public StanzaError? TrySend(Stanza stanza)
    {
        if (components is not null && components.TryFind(stanza.To!.Domain, out Component? component))
            return component.TrySend(stanza);
        if (!Services.IsEmpty && Services.TryGetValue(stanza.To!.Domain, out Func<Stanza, StanzaError?>? service))
            return service(stanza);
        StanzaError? error = Taker is { } taker ? taker(stanza) : Take(stanza);
        return stanza is Fetch or Iq { IsRequest: false } or { IsError: true } ? null : error;
    }

    /// <summary>Links can be opened from now on. Once, before there is anything to send.</summary>
    /// <param name="opener">Opens streams.</param>
    /// <param name="returned">Takes, as if it had come, the error for what could not be sent. Called under no lock.</param>
    /// <param name="unreachable">Is told of a domain that cannot be reached. Called under no lock.</param>
    internal void Attach(ILinkOpener opener, Action<Stanza> returned, Action<DomainPair> unreachable)
    {
        world = new LinkWorld(options, opener, returned, unreachable, clock, Random.Shared, log);
        timer = clock.CreateTimer(_ => Tick(), null, TickEvery, TickEvery);
    }

    /// <summary>A stream that the other server opened, and lets us use (XEP-0288), offers itself. False: it is not needed, or not wanted.</summary>
    internal bool TryCarry(DomainPair pair, ILinkStream stream)
    {
        while (world is not null && policies.Of(pair.Remote) != DomainPolicy.Deny && Find(pair) is { } link)
        {
            // One that was forgotten in between is not there any more.
            if (link.TryCarry(stream))
                return true;
            if (links.TryGetValue(pair, out Link? now) && now == link)
                return false;
        }
        return false;
    }

    /// <summary>The other server has proven itself on a stream of its own: so it can be reached.</summary>
    internal void Heard(DomainPair pair)
    {
        lock (making)
        {
            if (links.TryGetValue(pair, out Link? link))
                link.Heard();
            else
                memory.Keep((memory.Find(pair) ?? LinkReport.Of(pair, clock.GetUtcNow())) with { IsAlive = true });
        }
    }

    /// <summary>True while nothing is sent, since the other server could not be reached.</summary>
    internal bool IsPausing(DomainPair pair) => links.TryGetValue(pair, out Link? link) && link.Describe().State == LinkState.Pausing;

    /// <summary>All links, and those that were of late.</summary>
    internal IReadOnlyList<LinkReport> Describe()
    {
        var reports = new Dictionary<DomainPair, LinkReport>();
        lock (making)
        {
            foreach (LinkReport report in memory.All)
                reports[report.Pair] = report;
        }
        foreach ((DomainPair pair, Link link) in links)
            reports[pair] = link.Describe();
        return [.. reports.Values.OrderBy(static report => report.Pair.Remote, StringComparer.Ordinal).ThenBy(static report => report.Pair.Local, StringComparer.Ordinal)];
    }

    /// <summary>
    /// The server is about to stop: done when nothing waits, or when what waits for domains that are not reached in time was given back. To be called
    /// while those who sent it can still be told.
    /// </summary>
    /// <param name="grace">How long is waited for what is under way.</param>
    internal async Task DrainAsync(TimeSpan grace)
    {
        if (world is null)
            return;
        try
        {
            await world.EmptyAsync().WaitAsync(grace, clock);
        }
        catch (TimeoutException)
        {
            // One that has become open meanwhile goes on.
            Task all = Task.WhenAll(links.Values.Select(static link => link.GiveUpAsync()));
            await all.WaitAsync(GoingBack, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Nothing more is taken; what waits is sent, and what cannot be in time goes back.</summary>
    /// <param name="grace">How long is tried to send it.</param>
    internal async Task StopAsync(TimeSpan grace)
    {
        if (world is null)
            return;
        lock (making)
        {
            // No link is made from here on.
            isStopping = true;
            world.IsStopping = true;
        }
        if (timer is not null)
            await timer.DisposeAsync();
        foreach (Link link in links.Values)
            link.Close();
        if (grace > TimeSpan.Zero)
            world.Stopping.CancelAfter(grace);
        else
            await world.Stopping.CancelAsync();
        foreach (Link link in links.Values)
            await link.Running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        world?.Stopping.Dispose();
        world = null;
    }

    private StanzaError? Take(Stanza stanza)
    {
        var pair = new DomainPair(stanza.From!.Domain, stanza.To!.Domain);
        if (world is null)
            return StanzaError.RemoteServerNotFound;
        if (isStopping)
            return StanzaError.RemoteServerTimeout with { Text = "This server is shutting down." };
        if (policies.Of(pair.Remote) == DomainPolicy.Deny)
            return StanzaError.NotAllowed with { Text = $"This server does not speak with {pair.Remote}." };
        while (Find(pair) is { } link)
        {
            if (link.TryEnqueue(stanza, out StanzaError? error))
                return error;
        }
        return StanzaError.ResourceConstraint with { Text = "This server speaks with too many others at the moment." };
    }

    // Null: there is no room for another.
    private Link? Find(DomainPair pair)
    {
        if (links.TryGetValue(pair, out Link? link))
            return link;
        lock (making)
        {
            if (links.TryGetValue(pair, out link))
                return link;
            if (isStopping || (links.Count >= options.Links && !MakeRoom()))
                return null;
            link = new Link(pair, world!, memory.Take(pair));
            links[pair] = link;
            return link;
        }
    }

    private void Tick()
    {
        world?.FailureLines.Tick();
        foreach (Link link in links.Values)
            link.Tick();
        lock (making)
        {
            foreach (Link link in links.Values)
                TryForget(link, isForced: false);
        }
    }

    // Under making. Pauses are forgotten when there are too many, the oldest first; not for each stanza anew, since it looks at all links.
    private bool MakeRoom()
    {
        if (sweptAt != 0 && clock.GetElapsedTime(sweptAt) < TickEvery)
            return false;
        sweptAt = clock.GetTimestamp();
        int wanted = 1 + (options.Links / 8);
        foreach (Link link in links.Values.OrderBy(static link => link.PausedAt))
        {
            if (TryForget(link, isForced: true) && --wanted == 0)
                break;
        }
        return links.Count < options.Links;
    }

    // Under making.
    private bool TryForget(Link link, bool isForced)
    {
        if (!link.TryForget(isForced))
            return false;
        links.TryRemove(link.Pair, out _);
        if (link.Describe() is { Counts.Opened: > 0 } or { Failure: not null } or { IsAlive: true })
            memory.Keep(link.Describe());
        return true;
    }
}
