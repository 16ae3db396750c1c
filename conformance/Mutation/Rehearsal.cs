using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Mutation;

/// <summary>What a performance without a mistake showed.</summary>
/// <param name="Failure">Why the play fails even so; null: it passes.</param>
/// <param name="Patience">How long its mutants may wait for an answer.</param>
internal sealed record Rehearsal(Play Play, Failure? Failure, IReadOnlyList<Mutant> Mutants, TimeSpan Patience);
