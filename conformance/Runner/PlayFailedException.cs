namespace PresenceXml.Conformance.Runner;

/// <summary>The server did something other than the play expects.</summary>
public sealed class PlayFailedException(string expected, string came) : Exception($"expected: {expected}{Environment.NewLine}came:     {came}");
