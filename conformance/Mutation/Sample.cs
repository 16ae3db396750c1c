namespace PresenceXml.Conformance.Mutation;

/// <summary>Chooses some mutants of many.</summary>
internal static class Sample
{
    /// <summary>At most so many of each play, and of those that there are the operators that were chosen least so far.</summary>
    public static IReadOnlyList<Mutant> Of(IReadOnlyList<Mutant> mutants, int perPlay, int seed)
    {
        var random = new Random(seed);
        var chosen = new List<Mutant>();
        var uses = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var play in mutants.GroupBy(static mutant => mutant.Play))
        {
            var candidates = play.ToArray();
            random.Shuffle(candidates);
            var left = candidates.ToList();
            for (var count = 0; count < perPlay && left.Count > 0; count++)
            {
                var next = left.MinBy(mutant => uses.GetValueOrDefault(mutant.Operator))!;
                left.Remove(next);
                uses[next.Operator] = uses.GetValueOrDefault(next.Operator) + 1;
                chosen.Add(next);
            }
        }

        return chosen;
    }
}
