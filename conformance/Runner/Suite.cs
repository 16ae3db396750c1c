using System.Collections.Concurrent;

namespace PresenceXml.Conformance.Runner;

/// <summary>Performs many plays at the same time.</summary>
public sealed class Suite(Venue venue, Casting casting, Profile profile, Offer offer)
{
    /// <summary>Performs the plays and tells each result as it comes.</summary>
    /// <returns>The results in the order of the plays.</returns>
    public async Task<IReadOnlyList<PlayResult>> RunAsync(IReadOnlyList<Play> plays, int parallel, Action<PlayResult> tell, CancellationToken cancel)
    {
        var results = new ConcurrentDictionary<Play, PlayResult>();
        await Parallel.ForEachAsync(
            plays,
            new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancel },
            async (play, token) =>
            {
                var result = await PerformAsync(play, token);
                results[play] = result;
                tell(result);
            });
        return [.. plays.Select(play => results[play])];
    }

    private async Task<PlayResult> PerformAsync(Play play, CancellationToken cancel)
    {
        if (play.Needs.FirstOrDefault(need => !offer.Has(need)) is { } missing)
            return new(play, Outcome.Skipped, null, offer.WhyNot(missing), TimeSpan.Zero);
        var start = TimeProvider.System.GetTimestamp();
        await using var performance = new Performance(play, venue, casting.For(play));
        var failure = await performance.PerformAsync(cancel);
        var time = TimeProvider.System.GetElapsedTime(start);
        return profile.Judge(play, failure, time) with { EndedAt = performance.EndedAt };
    }
}
