namespace PresenceXml.Conformance.Mutation;

/// <summary>A mistake at one site; with the site it is a <see cref="Mutant"/>.</summary>
internal sealed record Mistake(string Operator, string Change, Tampering Tampering);
