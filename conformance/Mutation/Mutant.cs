using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Mutation;

/// <summary>Something in a performance that the play is about: a step looks at it, or sent it to see what happens.</summary>
/// <param name="Next">What came behind it on the same connection, when a step looked at that as well.</param>
/// <param name="NextStep">That step.</param>
public sealed record Site(WireEvent Event, Step Step, WireEvent? Next = null, Step? NextStep = null);

/// <summary>A play, and what the server does wrong in one performance of it.</summary>
/// <param name="Operator">The kind of mistake.</param>
/// <param name="Change">The mistake in words.</param>
public sealed record Mutant(Play Play, Site Site, string Operator, string Change, Tampering Tampering);
