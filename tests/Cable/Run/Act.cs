using System.Globalization;
using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Judging;
using PresenceXml.Cable.Lines;
using PresenceXml.Cable.Sabotages;
using PresenceXml.Cable.Servers;

namespace PresenceXml.Cable.Run;

/// <summary>Performs one act on a running server.</summary>
internal sealed class Act : IAsyncDisposable
{
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly ActPlan plan;
    private readonly ITestedServer server;
    private readonly RunClock clock;
    private readonly Action<string> say;
    private readonly ClientWorld world;
    private readonly FaultCounts faults = new();
    private readonly List<CableProxy> proxies = [];
    private readonly List<Device> devices = [];
    private readonly List<TimeSpan> kills = [];
    private readonly List<Finding> troubles = [];
    private readonly Saboteur? saboteur;

    public Act(ActPlan plan, ITestedServer server, RunClock clock, string? traces, Action<string> say)
    {
        this.plan = plan;
        this.server = server;
        this.clock = clock;
        this.say = say;
        world = new ClientWorld(clock, plan.Pause, server.Hibernation, TimeSpan.FromSeconds(4), traces);
        saboteur = plan.Sabotage is { } sabotage ? new Saboteur(sabotage) : null;
        var cast = Cast.Of(plan.Name, plan.Sets, server.Domain);
        Accounts = [.. cast.Select(static member => member.Account)];
        foreach ((Account account, var roles) in cast)
        {
            foreach ((string resource, DeviceTraits traits) in roles)
                Enter(account, resource, traits, roles.Count == 1);
        }
    }

    public IReadOnlyList<Account> Accounts { get; }

    /// <summary>Performs it and judges what it left.</summary>
    public async Task<ActResult> RunAsync()
    {
        TimeSpan began = clock.Now;
        Task[] lives = [.. devices.Select(static device => device.RunAsync())];
        await WaitAsync("everybody has been online", devices, static device => device.WasReady, SettleLimit);
        await PerformAsync(began);
        await CalmAsync();
        foreach (Device device in devices)
            device.Leave();
        await Task.WhenAll(lives);
        await DisposeAsync();
        TimeSpan took = clock.Now - began;
        say(string.Create(CultureInfo.InvariantCulture, $"act {plan.Name}: {faults.Total} faults, {kills.Count} kills in {took.TotalSeconds:F0} s; reading the archives"));
        Evidence evidence = await JudgeAsync();
        return new ActResult(plan, evidence, world.Counts, faults, took, saboteur?.Victim ?? devices.Select(static device => device.Pretended).FirstOrDefault(static id => id is not null));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (CableProxy proxy in proxies)
            await proxy.DisposeAsync();
        proxies.Clear();
        world.Dispose();
    }

    // The device that a sabotage is done to has a healthy line, and stays: what is found of it is the sabotage's.
    private void Enter(Account account, string resource, DeviceTraits traits, bool isAlone)
    {
        string name = $"{account.Local}/{resource}";
        bool isVictim = plan.Sabotage is { } sabotage && isAlone && traits.Resends && !traits.Catches && traits.Managed == sabotage.OnManaged && !devices.Exists(static device => device.IsSteady);
        bool isModern = traits.Modern && server.ModernAddress is not null;
        var proxy = new CableProxy(
            name, isModern ? server.ModernAddress! : server.Address, clock, faults, traits.Managed,
            number => isVictim ? null : new FaultPlan(Seeds.For(plan.Seed, $"line {name} {number}"), plan.MeanGap, isPatient: true),
            () => isVictim && !plan.Sabotage!.ToServer ? saboteur : null,
            () => isVictim && plan.Sabotage!.ToServer ? saboteur : null);
        proxies.Add(proxy);
        var address = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, proxy.Port);
        devices.Add(new Device(account, resource, traits, world, Seeds.For(plan.Seed, $"device {name}"), address, isModern, () => proxy.Latest)
        {
            IsSteady = isVictim,
            Pretends = isVictim && plan.Sabotage!.Name == Sabotage.Pretend,
        });
    }

    private async Task PerformAsync(TimeSpan began)
    {
        Random random = Seeds.For(plan.Seed, "kills");
        TimeSpan told = clock.Now;
        while (clock.Now - began < plan.Limit && (faults.Total < plan.Faults || kills.Count < plan.Kills || clock.Now - began < plan.AtLeast || IsSabotagePending))
        {
            if (kills.Count < plan.Kills)
                await KillAsync(random);
            else
                await Task.Delay(Tick);
            if (clock.Now - told < TimeSpan.FromSeconds(15))
                continue;
            told = clock.Now;
            say(string.Create(CultureInfo.InvariantCulture, $"act {plan.Name}: {(told - began).TotalSeconds:F0} s, {faults.Total} faults, {kills.Count} kills, {Volatile.Read(ref world.Counts.Acknowledged)} acknowledged"));
        }
        if (faults.Total < plan.Faults || kills.Count < plan.Kills)
            troubles.Add(new Finding(Verdict.Stuck, null, clock.Now, $"only {faults.Total} of {plan.Faults} faults and {kills.Count} of {plan.Kills} kills within {plan.Limit.TotalSeconds} s"));
    }

    private bool IsSabotagePending => saboteur is { Victim: null } && !devices.Exists(static device => device.Pretended is not null);

    // At a random moment after work was done since the last time, whatever the machine's speed.
    private async Task KillAsync(Random random)
    {
        int before = Volatile.Read(ref world.Counts.Acknowledged);
        int work = random.Next(plan.Sets * 5, plan.Sets * 60);
        TimeSpan limit = clock.Now + TimeSpan.FromSeconds(6);
        while (Volatile.Read(ref world.Counts.Acknowledged) - before < work && clock.Now < limit)
            await Task.Delay(10);
        await Task.Delay(random.Next(100));
        kills.Add(clock.Now);
        await server.KillAsync();
        await Task.Delay(random.Next(3) == 0 ? random.Next(600) : 0);
        await server.StartAsync();
        world.Counts.Kills++;
    }

    /// <summary>All lines are repaired, all devices come back, and what still can come has come.</summary>
    private async Task CalmAsync()
    {
        world.IsSending = false;
        world.IsCalm = true;
        foreach (CableProxy proxy in proxies)
            proxy.Calm();
        say(string.Create(CultureInfo.InvariantCulture, $"act {plan.Name}: all lines are repaired at {clock.Now.TotalSeconds:F0} s"));
        TimeSpan calm = clock.Now;
        await WaitAsync("everybody is settled", devices, static device => device.IsSettled, SettleLimit);
        // What sessions left that nobody came back to is given back when their time is over.
        TimeSpan rest = calm + server.Hibernation + TimeSpan.FromSeconds(3) - clock.Now;
        if (rest > TimeSpan.Zero)
            await Task.Delay(rest);
        foreach (Device device in devices)
            device.Ask(LastTask.WriteToPeers);
        await WaitAsync("the last fence is acknowledged", devices, static device => device.IsSettled, SettleLimit);
        await QuietAsync();
        foreach (Device device in devices)
            device.Ask(LastTask.CatchUp);
        await WaitAsync("the last page of every archive is read", devices, static device => device.IsSettled, SettleLimit);
    }

    private async Task QuietAsync()
    {
        TimeSpan limit = clock.Now + TimeSpan.FromSeconds(30);
        for (int before = -1, now = Received(); now != before && clock.Now < limit; now = Received())
        {
            before = now;
            await Task.Delay(TimeSpan.FromSeconds(1.5));
        }
    }

    private int Received() => devices.Sum(static device => device.Receipts.Count);

    private async Task WaitAsync(string what, IReadOnlyList<Device> whom, Func<Device, bool> done, TimeSpan within)
    {
        TimeSpan limit = clock.Now + within;
        TimeSpan told = clock.Now;
        while (!whom.All(done))
        {
            if (clock.Now - told > TimeSpan.FromSeconds(10))
            {
                told = clock.Now;
                say($"act {plan.Name}: waiting: {what}: {string.Join(", ", whom.Where(device => !done(device)).Take(4).Select(static device => device.Describe()))}");
            }
            if (clock.Now > limit)
            {
                string late = string.Join(", ", whom.Where(device => !done(device)).Take(8).Select(static device => device.Describe()));
                troubles.Add(new Finding(Verdict.Stuck, null, clock.Now, $"not within {within.TotalSeconds} s: {what}; {late}"));
                return;
            }
            await Task.Delay(Tick);
        }
        say(string.Create(CultureInfo.InvariantCulture, $"act {plan.Name}: {clock.Now.TotalSeconds:F1} s: {what}"));
    }

    private async Task<Evidence> JudgeAsync()
    {
        var reader = new ArchiveReader(server.Address, clock);
        var archives = new AccountArchive[Accounts.Count];
        await Parallel.ForAsync(0, Accounts.Count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            try
            {
                archives[i] = await reader.ReadAsync(Accounts[i]);
            }
            catch (LineLostException e)
            {
                archives[i] = new AccountArchive(Accounts[i], []);
                lock (troubles)
                    troubles.Add(new Finding(Verdict.Stuck, null, clock.Now, e.Message));
            }
        });
        var evidence = new Evidence(Accounts, archives, kills, server.Tolerance);
        evidence.Findings.AddRange(troubles);
        ArchiveJudge.Judge(evidence);
        DeviceJudge.Judge(evidence);
        return evidence;
    }
}
