using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Mutation;

/// <summary>The run of <c>--mutate</c>: who watches the plays.</summary>
internal sealed class MutationCommand(RunOptions options, IReadOnlyList<Play> plays, Profile profile, string domain) : IAsyncDisposable
{
    /// <summary>
    /// On one machine an answer takes milliseconds; a mutant that is found out by waiting costs this. The controls tell when it is too short.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Most performances of mutants wait, so more of them fit beside each other.</summary>
    private const int ParallelFactor = 5;

    /// <summary>After so many performances a line says how far the run is.</summary>
    private const int Stride = 500;

    private OwnServer? own;

    /// <summary>Performs, tells and writes the report. 0: enough plays find out a mistake.</summary>
    /// <param name="console">Written to by several at a time.</param>
    public async Task<int> RunAsync(TextWriter console, CancellationToken cancel)
    {
        // One password, and so one key derivation for all of them.
        var casting = options.AccountsFile is { } file
            ? Casting.FromPool([], domain, AccountsFile.Read(file, domain))
            : Casting.Invent([], domain, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        var rehearsals = plays.Select(play => (Play: play, Accounts: casting.CastAgain(play))).ToArray();
        var venue = await PrepareAsync(casting.Accounts, cancel);
        var offer = await Preflight.ScoutAsync(venue, casting.Scout, cancel);
        var offered = rehearsals.Where(rehearsal => rehearsal.Play.Needs.All(offer.Has)).ToArray();

        var run = new MutationRun(Certificate(), Patience, options.Seed);
        var rehearsed = new ConcurrentDictionary<Play, Rehearsal>();
        await Parallel.ForEachAsync(offered, Side(options.Parallel), async (rehearsal, token) =>
            rehearsed[rehearsal.Play] = await run.RehearseAsync(rehearsal.Play, venue, rehearsal.Accounts, token));
        var good = offered.Select(rehearsal => rehearsed[rehearsal.Play]).Where(static rehearsal => rehearsal.Failure is null).ToArray();
        var all = good.SelectMany(static rehearsal => rehearsal.Mutants).ToArray();
        var mutants = options.Mutants is { } perPlay ? Sample.Of(all, perPlay, options.Seed) : all;
        await console.WriteLineAsync($"{good.Length} plays pass without a mistake; {all.Length} mutants of them, {mutants.Count} to perform (seed {options.Seed})");

        var known = casting.Accounts.Count;
        (Mutant? Mutant, Rehearsal Rehearsal, IReadOnlyDictionary<string, Account> Accounts)[] work =
        [
            .. mutants.Select(mutant => ((Mutant?)mutant, rehearsed[mutant.Play], casting.CastAgain(mutant.Play))),
            .. good.Select(rehearsal => ((Mutant?)null, rehearsal, casting.CastAgain(rehearsal.Play))),
        ];
        new Random(options.Seed).Shuffle(work); // the controls among the mutants, and what waits among what does not
        venue = await PrepareAsync(casting.Accounts[known..], cancel);
        run = new MutationRun(Certificate(), Patience, options.Seed);
        var results = new ConcurrentDictionary<Mutant, MutantResult>(ReferenceEqualityComparer.Instance);
        var count = 0;
        var controlsFailed = new ConcurrentBag<(Play, Failure)>();
        await Parallel.ForEachAsync(work, Side(options.Parallel * ParallelFactor), async (item, token) =>
        {
            if (item.Mutant is { } mutant)
                results[mutant] = await run.PerformAsync(mutant, item.Rehearsal, venue, item.Accounts, token);
            else if (await run.ControlAsync(item.Rehearsal, venue, item.Accounts, token) is { } failure)
                controlsFailed.Add((item.Rehearsal.Play, failure));
            if (Interlocked.Increment(ref count) is var done && done % Stride == 0)
                await console.WriteLineAsync($"{done} of {work.Length} performances");
        });

        var outcome = new MutationOutcome(
            [.. good.Select(static rehearsal => rehearsal.Play)],
            plays.Count - offered.Length,
            [.. offered.Select(rehearsal => rehearsed[rehearsal.Play])
                .Where(static rehearsal => rehearsal.Failure is not null)
                .Select(rehearsal => (rehearsal.Play, rehearsal.Failure!, ReasonOf(rehearsal)))],
            [.. mutants.Select(mutant => results[mutant])],
            good.Length,
            [.. controlsFailed]);
        if (options.Report is not null)
            await File.WriteAllTextAsync(options.Report, MutationReport.Markdown(outcome, options.Host is null ? "PresenceXml" : $"{domain} at {options.Host}:{options.Port}"), cancel);
        await console.WriteLineAsync(MutationReport.Text(outcome));
        return outcome.IsGood ? 0 : 1;

        ParallelOptions Side(int count) => new() { MaxDegreeOfParallelism = count, CancellationToken = cancel };
    }

    public async ValueTask DisposeAsync()
    {
        if (own is not null)
            await own.DisposeAsync();
    }

    private string? ReasonOf(Rehearsal rehearsal) =>
        profile.Judge(rehearsal.Play, rehearsal.Failure, TimeSpan.Zero) is { Outcome: Outcome.Known, Reason: var reason } ? reason : null;

    /// <summary>Makes the accounts exist. Ours is started anew with them: importing is quick and it keeps no others meanwhile.</summary>
    private async Task<Venue> PrepareAsync(IReadOnlyList<Account> accounts, CancellationToken cancel)
    {
        if (options.Host is not null)
        {
            var venue = new Venue(options.Host, options.Port, options.DirectPort, domain, options.Tls, options.Insecure, options.Timeout, options.ServerPort);
            if (options.Register)
                await AccountMaker.RegisterAsync(accounts, venue, cancel);
            else if (options.AccountCommand is not null)
                await AccountMaker.RunAsync(accounts, options.AccountCommand, cancel);
            return venue;
        }

        await DisposeAsync();
        own = new OwnServer(options.Tls);
        await own.StartAsync(accounts, cancel, withKeys: true);
        return new("127.0.0.1", own.Port, own.DirectPort, domain, options.Tls, Insecure: true, options.Timeout, own.ServerPort);
    }

    private SslStreamCertificateContext Certificate() =>
        own is null ? ProxyCertificate.Create(domain) : ProxyCertificate.Load(own.CertificateFile, own.KeyFile);
}
