using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Mutation;

public enum MutantFate
{
    /// <summary>A step that expects something failed.</summary>
    Killed,

    /// <summary>The play failed, but in a preparation or because something was left over at its end, which would be said of any play.</summary>
    KilledAside,

    /// <summary>The play passed.</summary>
    Survived,

    /// <summary>The performance never came to the place of the mutation.</summary>
    Missed,
}

/// <summary>What became of a mutant.</summary>
/// <param name="Failure">How the play failed, null when it passed.</param>
public sealed record MutantResult(Mutant Mutant, MutantFate Fate, Failure? Failure);
