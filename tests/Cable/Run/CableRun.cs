using System.Globalization;
using System.Text;
using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Judging;
using PresenceXml.Cable.Sabotages;
using PresenceXml.Cable.Servers;

namespace PresenceXml.Cable.Run;

/// <summary>A whole run: its acts one after the other on one server, and what they come to.</summary>
internal sealed class CableRun(CableOptions options, ITestedServer server, TextWriter output)
{
    private readonly RunClock clock = new();
    private readonly StringBuilder report = new();
    private bool isStarted;

    /// <summary>The accounts that one round needs on a server that runs already.</summary>
    public static IEnumerable<Account> AccountsOf(CableOptions options) => Cast.Of("line", options.Sets, options.Domain).Select(static member => member.Account);

    /// <summary>Returns the exit code.</summary>
    public async Task<int> RunAsync()
    {
        int seed = options.Seed ?? Environment.TickCount & int.MaxValue;
        Tell(string.Create(CultureInfo.InvariantCulture, $"cable test of {server.Name}, seed {seed}"));
        bool clean = options.ChecksItself ? await CheckItselfAsync(seed) : options.Sabotage is { } sabotage ? await SabotageAsync(sabotage, seed) : await RoundsAsync(seed);
        foreach (string error in server.Errors.Take(20))
            Tell("the server logged: " + error);
        clean &= server.Errors.Count == 0;
        Tell(clean ? "cable test passed" : "cable test FAILED");
        if (options.Report is not null)
            await File.WriteAllTextAsync(options.Report, report.ToString());
        return clean ? 0 : 1;
    }

    private async Task<bool> RoundsAsync(int seed)
    {
        bool clean = true;
        int round = 0;
        do
        {
            foreach (ActPlan plan in Plans(seed, round))
                clean &= await PlayAsync(plan);
            round++;
        }
        while (clean && clock.Now < TimeSpan.FromMinutes(options.Minutes));
        return clean;
    }

    /// <summary>The acts of one round; the accounts of each are its own, so that what is counted is told apart.</summary>
    private IEnumerable<ActPlan> Plans(int seed, int round)
    {
        string suffix = round == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{round}x");
        if (options.Faults > 0)
        {
            TimeSpan limit = TimeSpan.FromSeconds(90) + TimeSpan.FromSeconds(options.Faults / 5.0);
            yield return new ActPlan($"line{suffix}", seed + round, options.Sets, options.Faults, 0, TimeSpan.FromSeconds(1.2), TimeSpan.FromSeconds(0.6), limit, TimeSpan.Zero);
        }
        if (options.Kills > 0 && server.CanBeKilled)
        {
            TimeSpan limit = TimeSpan.FromSeconds(60) + TimeSpan.FromSeconds(options.Kills * 15);
            yield return new ActPlan($"kill{suffix}", seed + round, Math.Max(1, options.Sets / 2), 0, options.Kills, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(0.3), limit, TimeSpan.Zero);
        }
    }

    private async Task<bool> PlayAsync(ActPlan plan)
    {
        ActResult result = await PerformAsync(plan);
        Tell(Report.Of(result));
        if (result.IsClean)
            return true;
        Tell(Report.Findings(result));
        return false;
    }

    private async Task<ActResult> PerformAsync(ActPlan plan)
    {
        await using var act = new Act(plan, server, clock, options.Traces, output.WriteLine);
        await server.AddAsync(act.Accounts);
        if (!isStarted)
            await server.StartAsync();
        isStarted = true;
        return await act.RunAsync();
    }

    // Side by side: the accounts of each are its own.
    private async Task<bool> CheckItselfAsync(int seed)
    {
        Act[] acts = [.. Sabotage.All.Select((sabotage, i) => NewSabotage(sabotage, seed, i))];
        try
        {
            await server.AddAsync([.. acts.SelectMany(static act => act.Accounts)]);
            await server.StartAsync();
            ActResult[] results = await Task.WhenAll(acts.Select(static act => act.RunAsync()));
            return results.Select(Tells).ToArray().All(static found => found);
        }
        finally
        {
            foreach (Act act in acts)
                await act.DisposeAsync();
        }
    }

    private async Task<bool> SabotageAsync(Sabotage sabotage, int seed)
    {
        await using Act act = NewSabotage(sabotage, seed, 0);
        await server.AddAsync(act.Accounts);
        await server.StartAsync();
        ActResult result = await act.RunAsync();
        Tell(Report.Of(result) + Report.Findings(result));
        return !Tells(result);
    }

    private Act NewSabotage(Sabotage sabotage, int seed, int number) => new(
        new ActPlan(
            string.Create(CultureInfo.InvariantCulture, $"self{number}x"), seed, 1, 0, 0, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(0.4),
            TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(3), sabotage),
        server, clock, options.Traces, static _ => { });

    /// <summary>True when what the test did itself was found, as what it is.</summary>
    private bool Tells(ActResult result)
    {
        Sabotage sabotage = result.Plan.Sabotage!;
        Finding? found = result.Evidence.Findings.Find(finding => finding.Verdict == sabotage.Verdict && finding.MessageId == result.Victim);
        Tell($"sabotage {sabotage.Name}: {sabotage.Does}: {(found is null ? "NOT FOUND" : "found: " + found.Text)}");
        foreach (Finding stuck in result.Evidence.Findings.Where(static finding => finding.Verdict == Verdict.Stuck))
            Tell("  " + stuck.Text);
        if (found is null)
            Tell(Report.Of(result) + Report.Findings(result));
        return found is not null;
    }

    private void Tell(string text)
    {
        output.WriteLine(text);
        report.AppendLine(text);
    }
}
