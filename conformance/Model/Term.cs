namespace PresenceXml.Conformance.Model;

/// <summary>A line of <c>rfc2778.tsv</c>: one term of RFC 2778 section 3.</summary>
/// <param name="Name">As the RFC writes it.</param>
/// <param name="Meaning">What it means, in our words.</param>
/// <param name="Types">The types of <c>src/</c> that stand for it.</param>
/// <param name="Wire">What of it is on the wire.</param>
/// <param name="Verdict">One of <see cref="ModelVerdicts.All"/>.</param>
/// <param name="Proofs">Plays and tests.</param>
/// <param name="Page">The page of <c>docs/</c> that says more; empty when none does.</param>
/// <param name="Remark">What is missing.</param>
internal sealed record Term(
    string Name, string Meaning, IReadOnlyList<string> Types, string Wire, string Verdict, IReadOnlyList<string> Proofs, string Page, string Remark);
