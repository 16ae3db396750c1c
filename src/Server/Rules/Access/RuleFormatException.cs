namespace PresenceXml.Server.Rules.Access;

/// <summary>A rule document is not in order; the text names the rule and what is wrong with it, for its author.</summary>
internal sealed class RuleFormatException(string message) : FormatException(message);
