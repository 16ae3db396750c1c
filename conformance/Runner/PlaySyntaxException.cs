namespace PresenceXml.Conformance.Runner;

/// <summary>A play that cannot be read.</summary>
public sealed class PlaySyntaxException(string play, int line, string problem) : Exception($"{play}:{line}: {problem}");
