using System.Net.Security;
using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Mutation;

/// <summary>Performs plays through the proxy: first as they are, which shows where mistakes can be made, then once with each mistake.</summary>
/// <param name="certificate">What the proxy shows to the actors.</param>
/// <param name="patience">How long an expected answer may take where a mistake is made, beside what the play itself waits for.</param>
internal sealed class MutationRun(SslStreamCertificateContext certificate, TimeSpan patience, int seed)
{
    /// <summary>A server that closes may wait a while for the client to close, or look at its clock only now and then (RFC 6120 §4.4).</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    /// <summary>Performs a play without a mistake, with the patience of the venue, and finds its mutants.</summary>
    public async Task<Rehearsal> RehearseAsync(Play play, Venue venue, IReadOnlyDictionary<string, Account> accounts, CancellationToken cancel)
    {
        var log = new StepLog();
        await using var server = new BrokenServer(venue, play, certificate, mutant: null);
        var failure = await PerformAsync(play, venue, accounts, server, log, cancel);
        IReadOnlyList<Mutant> mutants = failure is null ? Operators.Apply(play, SiteFinder.Find(play, server.Events, log), server.Events, seed) : [];
        var hasEnd = play.Steps.Any(static step => step.Kind is StepKind.ReceivesStreamError or StepKind.ConnectionCloses);
        return new(play, failure, mutants, patience + log.LongestWait + (hasEnd ? Farewell : TimeSpan.Zero));
    }

    /// <summary>Performs a play without a mistake, but with the patience of its mutants. Null: it passes, as it has to.</summary>
    public async Task<Failure?> ControlAsync(Rehearsal rehearsal, Venue venue, IReadOnlyDictionary<string, Account> accounts, CancellationToken cancel)
    {
        venue = venue with { Patience = rehearsal.Patience };
        await using var server = new BrokenServer(venue, rehearsal.Play, certificate, mutant: null);
        return await PerformAsync(rehearsal.Play, venue, accounts, server, log: null, cancel);
    }

    public async Task<MutantResult> PerformAsync(
        Mutant mutant, Rehearsal rehearsal, Venue venue, IReadOnlyDictionary<string, Account> accounts, CancellationToken cancel)
    {
        venue = venue with { Patience = rehearsal.Patience };
        await using var server = new BrokenServer(venue, mutant.Play, certificate, mutant);
        var failure = await PerformAsync(mutant.Play, venue, accounts, server, log: null, cancel);
        var failed = failure is null ? null : mutant.Play.Steps.FirstOrDefault(step => step.Line == failure.Line && step.Text == failure.Step);
        var fate = !server.HasErred ? MutantFate.Missed
            : failure is null ? MutantFate.Survived
            : failed is not null && SiteFinder.IsExpecting(failed.Kind) ? MutantFate.Killed
            : MutantFate.KilledAside;
        return new(mutant, fate, failure);
    }

    private static async Task<Failure?> PerformAsync(
        Play play, Venue venue, IReadOnlyDictionary<string, Account> accounts, BrokenServer server, StepLog? log, CancellationToken cancel)
    {
        await using var performance = new Performance(play, venue, accounts, log, server.DoorOf);
        return await performance.PerformAsync(cancel);
    }
}
