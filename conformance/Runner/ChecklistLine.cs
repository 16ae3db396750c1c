namespace PresenceXml.Conformance.Runner;

/// <summary>One line of <c>checklist.tsv</c>: a rule of RFC 6120, 6121, 7622 or 7590, or of an XEP, that can be tested.</summary>
/// <param name="See">For a line of an RFC's summary table: the lines that hold its rule.</param>
internal sealed record ChecklistLine(string Id, string Section, string Level, string Rule, IReadOnlyList<string> See);
