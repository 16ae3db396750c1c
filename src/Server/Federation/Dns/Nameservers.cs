using System.Collections.Concurrent;
using System.Net;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>The nameservers in their order: the next is asked when one fails, and one that failed is asked last for a while.</summary>
/// <param name="configuration">Which, as it is at the moment.</param>
/// <param name="transport">How.</param>
/// <param name="timeout">For one question in all.</param>
/// <param name="clock">The clock.</param>
internal sealed class Nameservers(Func<ResolvConf> configuration, DnsTransport transport, TimeSpan timeout, TimeProvider clock)
{
    private static readonly TimeSpan AvoidFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<IPEndPoint, long> failures = [];
    private uint turn;

    /// <summary>Asks one after the other until one knows: NOERROR or NXDOMAIN.</summary>
    /// <param name="question">What.</param>
    /// <param name="note">Takes what happened on the way, in words: each failure and each detour.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="DnsFailureException">None did.</exception>
    public async Task<(DnsMessage Message, IPEndPoint Server)> AskAsync(DnsQuestion question, Action<string> note, CancellationToken cancel)
    {
        ResolvConf conf = configuration();
        // Half of the time at most, so that a lost packet is asked for again; a share of it, so that each server is asked once.
        TimeSpan share = timeout / Math.Max(2, conf.Servers.Count);
        TimeSpan each = share < conf.Timeout ? share : conf.Timeout;
        var failed = new Dictionary<IPEndPoint, string>();
        var refusing = new HashSet<IPEndPoint>();
        for (int attempt = 0; attempt < conf.Attempts && refusing.Count < conf.Servers.Count; attempt++)
        {
            foreach (IPEndPoint server in Order(conf))
            {
                // One that answered, if only that it cannot, would say the same again.
                if (refusing.Contains(server)) continue;
                try
                {
                    DnsMessage message = await transport.AskAsync(server, question, each, conf.UsesTcp, note, cancel);
                    failures.TryRemove(server, out _);
                    if (message.Code is DnsCode.NoError or DnsCode.NoSuchName && !message.IsReferral) return (message, server);
                    failed[server] = message.IsReferral ? $"{server} only answers for its own domains" : $"{server} answered {Name(message.Code)}";
                    refusing.Add(server);
                }
                catch (DnsFailureException e)
                {
                    failures[server] = clock.GetTimestamp();
                    failed[server] = e.Message;
                }
                note(failed[server]);
            }
        }
        throw new DnsFailureException(string.Join("; ", conf.Servers.Select(server => failed[server])));
    }

    private IEnumerable<IPEndPoint> Order(ResolvConf conf)
    {
        int first = conf.Rotates ? (int)(Interlocked.Increment(ref turn) % (uint)conf.Servers.Count) : 0;
        IEnumerable<IPEndPoint> servers = conf.Servers.Skip(first).Concat(conf.Servers.Take(first));
        return [.. servers.OrderBy(server => failures.TryGetValue(server, out long at) && clock.GetElapsedTime(at) < AvoidFor)];
    }

    private static string Name(DnsCode code) => code switch
    {
        DnsCode.FormatError => "that it does not understand (FORMERR)",
        DnsCode.ServerFailure => "that it could not find out (SERVFAIL)",
        DnsCode.NotImplemented => "that it does not do that (NOTIMP)",
        DnsCode.Refused => "that it will not (REFUSED)",
        _ => $"with the unknown code {(int)code}",
    };
}
