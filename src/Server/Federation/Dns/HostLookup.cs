using System.Net;
using System.Runtime.CompilerServices;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>The search for the addresses of one host: both families at once, given out as they come. For one reader, once.</summary>
internal sealed class HostLookup
{
    /// <summary>How long the addresses of one family wait for the other to be answered (RFC 8305 §3).</summary>
    public static readonly TimeSpan ResolutionDelay = TimeSpan.FromMilliseconds(50);

    private readonly DnsClient dns;
    private readonly WatchedFile<HostsFile> hosts;
    private readonly TimeProvider clock;
    private readonly LinkTrace trace;
    private readonly string host;

    // Of both families.
    private readonly List<DnsStatus> statuses = [];

    /// <param name="dns">Answers.</param>
    /// <param name="hosts">Names that need no answer.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="host">A name in A-labels, or an address.</param>
    /// <param name="trace">Takes what is asked and answered.</param>
    public HostLookup(DnsClient dns, WatchedFile<HostsFile> hosts, TimeProvider clock, string host, LinkTrace trace)
    {
        this.dns = dns;
        this.hosts = hosts;
        this.clock = clock;
        this.host = host;
        this.trace = trace;
    }

    /// <summary>What became of it so far: what was found counts, then what could not be found out and may be a minute later, then a "no".</summary>
    public DnsStatus Status =>
        statuses.Contains(DnsStatus.Found) ? DnsStatus.Found
        : statuses.Count < 2 || statuses.Contains(DnsStatus.Failed) ? DnsStatus.Failed
        : statuses.Min();

    /// <summary>The addresses in turn of both families, IPv6 first (RFC 8305 §4). What is answered late comes late, but it comes.</summary>
    public async IAsyncEnumerable<IPAddress> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        if (IsKnown(out IReadOnlyList<IPAddress> known, out DnsName? name))
        {
            DnsStatus status = known.Count > 0 ? DnsStatus.Found : DnsStatus.NoSuchName;
            statuses.AddRange([status, status]);
            foreach (IPAddress address in Interleaved(known)) yield return address;
            yield break;
        }

        Task<DnsAnswer> six = AskAsync(name!, DnsType.AAAA, cancel);
        Task<DnsAnswer> four = AskAsync(name!, DnsType.A, cancel);
        var pending = new List<Task<DnsAnswer>> { six, four };
        var queues = new Dictionary<Task<DnsAnswer>, Queue<IPAddress>>();
        var waitedFor = new HashSet<Task<DnsAnswer>>();
        Task<DnsAnswer> turn = six;
        while (true)
        {
            foreach (Task<DnsAnswer> answered in pending.Where(static task => task.IsCompleted).ToList())
            {
                pending.Remove(answered);
                DnsAnswer answer = await answered;
                statuses.Add(answer.Status);
                queues[answered] = new Queue<IPAddress>(answer.Records.OfType<AddressRecord>().Select(static record => record.Address));
            }
            // A family whose turn it is gets a moment, once; IPv4 too, so that the second address is not one of the same family.
            if (pending.Contains(turn) && HasNext(Other(turn)) && waitedFor.Add(turn))
            {
                await Task.WhenAny(turn, Task.Delay(ResolutionDelay, clock, cancel));
                continue;
            }
            if (!HasNext(turn) && HasNext(Other(turn))) turn = Other(turn);
            if (HasNext(turn))
            {
                IPAddress next = queues[turn].Dequeue();
                turn = Other(turn);
                yield return next;
            }
            else if (pending.Count > 0)
            {
                await Task.WhenAny(pending);
            }
            else
            {
                yield break;
            }
        }

        bool HasNext(Task<DnsAnswer> family) => queues.TryGetValue(family, out Queue<IPAddress>? queue) && queue.Count > 0;
        Task<DnsAnswer> Other(Task<DnsAnswer> family) => family == six ? four : six;
    }

    /// <summary>True when the DNS is not asked.</summary>
    private bool IsKnown(out IReadOnlyList<IPAddress> addresses, out DnsName? name)
    {
        name = null;
        addresses = [];
        if (DomainForm.TryAddress(host, out IPAddress? literal))
        {
            addresses = [literal];
            return true;
        }
        if (!DomainForm.TryName(host, out name))
        {
            trace.Add($"{host} cannot be a name in the DNS");
            return true;
        }
        addresses = hosts.Value.Find(name);
        if (addresses.Count > 0)
        {
            trace.Add($"{name}: {string.Join(", ", addresses)} (hosts file)");
            return true;
        }
        if (!SpecialNames.TryFind(name, out addresses)) return false;
        trace.Add(addresses.Count > 0 ? $"{name}: this machine" : $"{name} is a name the DNS knows nothing of");
        return true;
    }

    private async Task<DnsAnswer> AskAsync(DnsName name, DnsType type, CancellationToken cancel)
    {
        DnsAnswer answer = await dns.AskAsync(name, type, cancel);
        trace.Add(new DnsQuestion(name, type), answer);
        return answer;
    }

    private static IEnumerable<IPAddress> Interleaved(IReadOnlyList<IPAddress> addresses)
    {
        ILookup<bool, IPAddress> families = addresses.ToLookup(static address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6);
        IPAddress[] six = [.. families[true]];
        IPAddress[] four = [.. families[false]];
        for (int i = 0; i < Math.Max(six.Length, four.Length); i++)
        {
            if (i < six.Length) yield return six[i];
            if (i < four.Length) yield return four[i];
        }
    }
}
