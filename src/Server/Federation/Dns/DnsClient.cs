using System.Net;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>
/// Answers questions: from memory, together with others who ask the same at the moment, or from the nameservers; follows aliases. Never throws
/// but when cancelled: that nobody could tell is an answer too.
/// </summary>
/// <param name="nameservers">Whom to ask.</param>
/// <param name="cache">What is remembered.</param>
/// <param name="turns">How many questions may be under way.</param>
/// <param name="timeout">For one question in all.</param>
/// <param name="clock">The clock.</param>
internal sealed class DnsClient(Nameservers nameservers, DnsCache cache, Turns turns, TimeSpan timeout, TimeProvider clock)
{
    /// <summary>Aliases that may lead to each other; BIND and Unbound follow about as many.</summary>
    public const int MaxAliases = 8;

    /// <summary>Records that are kept of one answer; there is no use for more.</summary>
    public const int MaxRecords = 64;

    /// <summary>Even what must not be kept is, so long: one stanza asks several times (TTL 0).</summary>
    public static readonly TimeSpan ShortestLifetime = TimeSpan.FromSeconds(5);

    /// <summary>Longer ones are mistakes more often than not (RFC 8767 §4 has seven days as the most).</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(1);

    /// <summary>A domain that is new is found after a quarter of an hour; RFC 2308 §5 allows up to three.</summary>
    public static readonly TimeSpan LongestNo = TimeSpan.FromMinutes(15);

    /// <summary>RFC 9520 §3.2: at least a second, so that what fails is not asked for with each stanza; five minutes at most.</summary>
    public static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(5);

    /// <summary>What a question has at least when there are too many.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();
    private readonly Dictionary<DnsQuestion, Task<DnsAnswer>> underWay = [];

    /// <summary>The records of a type that a name has.</summary>
    /// <param name="name">Of a host or service (<see cref="DnsName.IsHost"/>).</param>
    /// <param name="type">A, AAAA or SRV.</param>
    /// <param name="cancel">Waits no longer; the question goes on for others.</param>
    public Task<DnsAnswer> AskAsync(DnsName name, DnsType type, CancellationToken cancel)
    {
        var question = new DnsQuestion(name, type);
        TaskCompletionSource<DnsAnswer> mine;
        lock (gate)
        {
            if (underWay.TryGetValue(question, out Task<DnsAnswer>? others)) return others.WaitAsync(cancel);
            if (cache.Find(question) is { } known) return Task.FromResult(known with { IsRemembered = true });
            mine = new TaskCompletionSource<DnsAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
            underWay[question] = mine.Task;
        }
        _ = RunAsync(question, mine);
        return mine.Task.WaitAsync(cancel);
    }

    private async Task RunAsync(DnsQuestion question, TaskCompletionSource<DnsAnswer> done)
    {
        DnsAnswer? answer = null;
        Exception? bug = null;
        try
        {
            answer = await LimitAsync(question);
        }
        catch (Exception e)
        {
            // Ours, so told to all who wait and not kept.
            bug = e;
        }
        lock (gate)
        {
            if (answer is not null) cache.Add(question, answer);
            underWay.Remove(question);
        }
        if (answer is not null) done.SetResult(answer);
        else done.SetException(bug!);
    }

    private async Task<DnsAnswer> LimitAsync(DnsQuestion question)
    {
        var notes = new List<string>();
        using var time = new CancellationTokenSource(timeout, clock);
        CancellationToken giveWay = default;
        try
        {
            using Turn turn = await turns.EnterAsync(time.Token);
            giveWay = turn.Token;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(time.Token, giveWay);
            return await LookUpAsync(question, notes, limit.Token);
        }
        catch (DnsFailureException e)
        {
            return Failure(e.Message, notes);
        }
        catch (OperationCanceledException)
        {
            if (giveWay.IsCancellationRequested) return Failure("too many questions are under way, and this one took the longest", notes);
            string seconds = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"in {timeout.TotalSeconds:0.#} s");
            return Failure(giveWay == default ? $"too many questions are under way; this one had no turn {seconds}" : $"no nameserver answered {seconds}", notes);
        }
    }

    private async Task<DnsAnswer> LookUpAsync(DnsQuestion question, List<string> notes, CancellationToken cancel)
    {
        DnsName name = question.Name;
        TimeSpan lifetime = LongestLifetime;
        int aliases = 0;
        while (true)
        {
            (DnsMessage message, IPEndPoint server) = await nameservers.AskAsync(question with { Name = name }, notes.Add, cancel);
            DnsName asked = name;
            while (message.Answers.OfType<AliasRecord>().FirstOrDefault(alias => alias.Owner == name) is { } alias)
            {
                notes.Add($"{name} is an alias of {alias.Target}");
                if (++aliases > MaxAliases) return Failure($"{question.Name} is an alias of an alias, more than {MaxAliases} times over", notes);
                name = alias.Target;
                lifetime = Shorter(lifetime, alias.Lifetime);
            }
            var records = message.Answers.Where(record => record.Owner == name && Fits(record, question.Type)).Take(MaxRecords).ToList();
            bool isNo = message.Code == DnsCode.NoSuchName;
            if (records.Count > 0 && !isNo)
            {
                lifetime = Shorter(lifetime, records.Min(static record => record.Lifetime));
                return new DnsAnswer { Status = DnsStatus.Found, Records = records, Lifetime = Longer(lifetime), Source = server.ToString(), Notes = notes };
            }
            // RFC 6604 §3: what the answer says as a whole, it says of the end of the aliases. RFC 2308 §2: a SOA comes with the last word.
            if (isNo || name == asked || message.Authority is not null)
            {
                TimeSpan no = Shorter(lifetime, message.Authority is { } zone ? Math.Min(zone.Lifetime, zone.Minimum) : 0);
                return new DnsAnswer { Status = isNo ? DnsStatus.NoSuchName : DnsStatus.NoData, Lifetime = Longer(no < LongestNo ? no : LongestNo), Source = server.ToString(), Notes = notes };
            }
            if (!name.IsHost) return Failure($"{question.Name} is an alias of {name}, which is no name of a host", notes);
        }
    }

    private static DnsAnswer Failure(string reason, List<string> notes) => new() { Status = DnsStatus.Failed, Lifetime = FailureLifetime, Source = reason, Notes = notes };

    private static TimeSpan Shorter(TimeSpan lifetime, int seconds) => lifetime.TotalSeconds < seconds ? lifetime : TimeSpan.FromSeconds(seconds);

    private static TimeSpan Longer(TimeSpan lifetime) => lifetime < ShortestLifetime ? ShortestLifetime : lifetime;

    private static bool Fits(DnsRecord record, DnsType type) => type switch
    {
        DnsType.A => record is AddressRecord { Address.AddressFamily: System.Net.Sockets.AddressFamily.InterNetwork },
        DnsType.AAAA => record is AddressRecord { Address.AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 },
        _ => record is ServiceRecord,
    };
}
