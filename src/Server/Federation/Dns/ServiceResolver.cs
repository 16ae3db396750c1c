using System.Net;
using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>Finds where the server of a domain is: RFC 6120 §3.2 with XEP-0368 1.1.0.</summary>
internal sealed class ServiceResolver
{
    public const int ServerPort = 5269;

    private const string StartTlsService = "_xmpp-server._tcp";
    private const string DirectTlsService = "_xmpps-server._tcp";

    private readonly DnsClient dns;
    private readonly Random random;
    private readonly Dictionary<string, IReadOnlyList<ServiceTarget>> overrides;

    /// <param name="dns">Answers what is not overridden.</param>
    /// <param name="options">The overrides, checked.</param>
    /// <param name="random">The chance among targets of the same priority; safe for several threads.</param>
    public ServiceResolver(DnsClient dns, DnsOptions options, Random random)
    {
        this.dns = dns;
        this.random = random;
        overrides = options.Overrides.ToDictionary(
            static pair => JidPreparation.TryDomain(pair.Key, out string? domain) ? domain : pair.Key,
            static pair => (IReadOnlyList<ServiceTarget>)[.. pair.Value.Targets.Select(TargetAddress.Parse).Select(static target => new ServiceTarget(target.Host, target.Port, target.IsDirectTls))],
            StringComparer.Ordinal);
    }

    /// <summary>Where to connect to, in which order.</summary>
    /// <param name="domain">The domain part of an address (<see cref="Jid.Domain"/>).</param>
    /// <param name="trace">Takes what is asked and answered.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ServiceLookup> ResolveAsync(string domain, LinkTrace trace, CancellationToken cancel)
    {
        if (overrides.TryGetValue(domain, out IReadOnlyList<ServiceTarget>? fixedTargets))
            return Tell(trace, new ServiceLookup(ServiceStatus.Found, fixedTargets, $"dns.overrides has {domain}: {string.Join(", ", fixedTargets)}") { IsConfigured = true });
        // RFC 6120 §3.2.2 has names only; there is nothing to look up of an address (RFC 7622 §3.2.1 allows it as a domain).
        if (DomainForm.TryAddress(domain, out IPAddress? address))
            return Tell(trace, new ServiceLookup(ServiceStatus.Found, [new ServiceTarget(address.ToString(), ServerPort, false)], $"{domain} is an address; port {ServerPort}"));
        if (!DomainForm.TryName(domain, out DnsName? name))
            return Tell(trace, new ServiceLookup(ServiceStatus.NotFound, [], $"{domain} cannot be a name in the DNS") { IsNoName = true });
        if (name.Text != domain) trace.Add($"{domain} is {name} in the DNS");
        if (SpecialNames.TryFind(name, out IReadOnlyList<IPAddress> own))
            return Tell(trace, own.Count > 0 ? Fallback(name, $"{name} is this machine; port {ServerPort}") : new ServiceLookup(ServiceStatus.NotFound, [], $"{name} is a name the DNS knows nothing of") { IsNoName = true });

        Task<DnsAnswer> startTls = AskAsync(name, StartTlsService, trace, cancel);
        Task<DnsAnswer> directTls = AskAsync(name, DirectTlsService, trace, cancel);
        await Task.WhenAll(startTls, directTls);
        return Tell(trace, Decide(name, new Offer(await startTls, false, trace), new Offer(await directTls, true, trace)));
    }

    private async Task<DnsAnswer> AskAsync(DnsName domain, string service, LinkTrace trace, CancellationToken cancel)
    {
        if (!domain.TryPrepend(service, out DnsName? name)) return new DnsAnswer { Status = DnsStatus.NoSuchName };
        DnsAnswer answer = await dns.AskAsync(name, DnsType.SRV, cancel);
        trace.Add(new DnsQuestion(name, DnsType.SRV), answer);
        return answer;
    }

    private ServiceLookup Decide(DnsName domain, Offer startTls, Offer directTls)
    {
        IReadOnlyList<ServiceTarget> targets = [.. ServiceOrder.Sort([.. startTls.Targets, .. directTls.Targets], random, static target => target.Record).Select(static target => target.Target)];
        if (targets.Count > 0)
            return new ServiceLookup(ServiceStatus.Found, targets, $"to be tried in this order: {string.Join(", ", targets)}");
        bool isUnknown = startTls.Status == DnsStatus.Failed || directTls.Status == DnsStatus.Failed;
        // One kind is ".": the domain knows SRV, so its own address is not tried (XEP-0368 §5). Of the other kind nothing is known.
        if (startTls.IsRefused || directTls.IsRefused)
        {
            return isUnknown
                ? new ServiceLookup(ServiceStatus.Unknown, [], $"{domain} offers only one kind of connection, and the DNS did not say where")
                : new ServiceLookup(ServiceStatus.NotOffered, [], $"{domain} says that it has no XMPP server (SRV target \".\")");
        }
        // RFC 6120 §3.2.1: SRV was answered, so there is no other way.
        if (startTls.Status == DnsStatus.Found || directTls.Status == DnsStatus.Found)
            return new ServiceLookup(ServiceStatus.NotFound, [], $"the SRV records of {domain} name no host that could exist");
        return Fallback(domain, isUnknown
            ? $"whether {domain} has SRV records is not known; its own address is tried, port {ServerPort}"
            : $"{domain} has no SRV records; its own address is tried, port {ServerPort}");
    }

    private static ServiceLookup Fallback(DnsName domain, string reason) =>
        new(ServiceStatus.Found, [new ServiceTarget(domain.Text, ServerPort, false)], reason) { IsFallback = true };

    private static ServiceLookup Tell(LinkTrace trace, ServiceLookup lookup)
    {
        trace.Add(lookup.Reason);
        return lookup;
    }

    /// <summary>What the SRV records of one kind say.</summary>
    private sealed class Offer
    {
        public Offer(DnsAnswer answer, bool isDirectTls, LinkTrace trace)
        {
            Status = answer.Status;
            List<ServiceRecord> records = [.. answer.Records.OfType<ServiceRecord>()];
            // RFC 2782: a "." means something only when it stands alone.
            IsRefused = records is [{ Target.Text.Length: 0 }];
            foreach (ServiceRecord record in records)
            {
                if (record.Target.IsHost && record.Port != 0) Targets.Add((record, new ServiceTarget(record.Target.Text, record.Port, isDirectTls)));
                else if (!IsRefused) trace.Add($"passed over: SRV {record.Owner} {record} names no port of a host");
            }
        }

        public DnsStatus Status { get; }
        public bool IsRefused { get; }
        public List<(ServiceRecord Record, ServiceTarget Target)> Targets { get; } = [];
    }
}
