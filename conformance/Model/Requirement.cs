namespace PresenceXml.Conformance.Model;

/// <summary>A line of <c>rfc2779.tsv</c>: one numbered requirement of RFC 2779.</summary>
/// <param name="Number">Its number there, such as 2.3.5.</param>
/// <param name="Level">must, should, or lower (the RFC's word is not in capitals).</param>
/// <param name="Text">What is required, in our words.</param>
/// <param name="How">How the server meets it.</param>
/// <param name="Verdict">One of <see cref="ModelVerdicts.All"/>.</param>
/// <param name="Proofs">Plays, tests as <c>Class.Method</c>, or files of the tree.</param>
/// <param name="Broken">What was broken in the server when the proofs were seen to fail.</param>
/// <param name="Remark">What is missing, or why nothing can show it.</param>
internal sealed record Requirement(
    string Number, string Level, string Text, string How, string Verdict, IReadOnlyList<string> Proofs, string Broken, string Remark)
{
    /// <summary>The section it stands in, such as 2.3.</summary>
    public string Section => Number[..Number.LastIndexOf('.')];
}
