using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Model;

/// <summary>The terms of RFC 2778 and the requirements of RFC 2779, and what is wrong with the tables that hold them.</summary>
internal sealed class ModelTables
{
    /// <summary>RFC 2778 section 3, whole.</summary>
    private static readonly string[] TermNames =
    [
        "ACCESS RULES", "CLOSED", "COMMUNICATION ADDRESS", "COMMUNICATION MEANS", "CONTACT ADDRESS", "DELIVERY RULES", "FETCHER", "INBOX USER AGENT",
        "INSTANT INBOX", "INSTANT INBOX ADDRESS", "INSTANT MESSAGE", "INSTANT MESSAGE PROTOCOL", "INSTANT MESSAGE SERVICE", "NOTIFICATION", "OPEN",
        "OTHER PRESENCE MARKUP", "POLLER", "PRESENCE INFORMATION", "PRESENCE PROTOCOL", "PRESENCE SERVICE", "PRESENCE TUPLE", "PRESENCE USER AGENT",
        "PRESENTITY", "PRINCIPAL", "PROXY", "SENDER", "SENDER USER AGENT", "SERVER", "SPAM", "SPOOFING", "STALKING", "STATUS", "SUBSCRIBER",
        "SUBSCRIPTION", "VISIBILITY RULES", "WATCHER", "WATCHER INFORMATION", "WATCHER USER AGENT",
    ];

    /// <summary>The sections of RFC 2779 that have numbered requirements, and how many each has: 93.</summary>
    private static readonly (string Section, int Count)[] Sections =
    [
        ("2.1", 5), ("2.2", 6), ("2.3", 7), ("2.4", 4), ("2.5", 4), ("3.1", 6), ("3.2", 5), ("3.3", 3), ("3.4", 1), ("4.1", 10), ("4.2", 1), ("4.3", 1),
        ("4.4", 3), ("5.1", 18), ("5.2", 6), ("5.3", 3), ("5.4", 10),
    ];

    private static readonly string[] Levels = ["must", "should", "lower"];

    private ModelTables(IReadOnlyList<Term> terms, IReadOnlyList<Requirement> requirements)
    {
        Terms = terms;
        Requirements = requirements;
    }

    public IReadOnlyList<Term> Terms { get; }

    public IReadOnlyList<Requirement> Requirements { get; }

    /// <param name="folder">The folder that has <c>rfc2778.tsv</c> and <c>rfc2779.tsv</c>.</param>
    /// <exception cref="FormatException">A line has not the number of fields.</exception>
    public static ModelTables Read(string folder) => new(
        [.. Rows(folder, "rfc2778.tsv").Select(static row => new Term(row[0], row[1], Words(row[2]), row[3], row[4], Words(row[5]), row[6], row[7]))],
        [.. Rows(folder, "rfc2779.tsv").Select(static row => new Requirement(row[0], row[1], row[2], row[3], row[4], Words(row[5]), row[6], row[7]))]);

    /// <summary>Everything that is missing, unknown or unexplained; empty when all is well.</summary>
    public IEnumerable<string> Problems(SourceTree tree)
    {
        string[] numbers = [.. Sections.SelectMany(static section => Enumerable.Range(1, section.Count).Select(number => $"{section.Section}.{number}"))];
        return
        [
            .. Order("rfc2778.tsv", TermNames, [.. Terms.Select(static term => term.Name)]),
            .. Order("rfc2779.tsv", numbers, [.. Requirements.Select(static requirement => requirement.Number)]),
            .. Terms.SelectMany(term => Problems(tree, term)),
            .. Requirements.SelectMany(requirement => Problems(tree, requirement)),
        ];
    }

    private static IEnumerable<string> Order(string file, string[] expected, string[] actual)
    {
        foreach (var name in expected.Except(actual))
            yield return $"{file} lacks {name}";
        foreach (var name in actual.Except(expected))
            yield return $"{file} has {name}, which is none";
        if (actual.Length != actual.Distinct().Count())
            yield return $"{file} has {string.Join(", ", actual.GroupBy(static name => name).Where(static same => same.Count() > 1).Select(static same => same.Key))} more than once";
        else if (expected.Length == actual.Length && !expected.SequenceEqual(actual))
            yield return $"{file} is not in the order of the RFC";
    }

    private static IEnumerable<string> Problems(SourceTree tree, Term term)
    {
        foreach (var type in term.Types.Where(type => !tree.HasType(type)))
            yield return $"{term.Name}: src/ has no type {type}";
        if (term.Meaning.Length == 0 || term.Wire.Length == 0)
            yield return $"{term.Name}: the meaning or the wire is not said";
        if (term.Verdict != ModelVerdicts.NotBuilt && term.Types.Count == 0)
            yield return $"{term.Name}: no type of src/ is named";
        if (term.Page.Length > 0 && !tree.HasFile(Path.Combine("docs", term.Page.Split('#')[0])))
            yield return $"{term.Name}: docs/ has no {term.Page}";
        foreach (var problem in Problems(tree, term.Name, term.Verdict, term.Proofs, term.Remark))
            yield return problem;
    }

    private static IEnumerable<string> Problems(SourceTree tree, Requirement requirement)
    {
        if (!Levels.Contains(requirement.Level))
            yield return $"{requirement.Number}: no such level: {requirement.Level}";
        if (requirement.Text.Length == 0 || requirement.How.Length == 0)
            yield return $"{requirement.Number}: the requirement, or how it is met, is not said";
        if (ModelVerdicts.NeedsBreaking(requirement.Verdict) && requirement.Broken.Length == 0)
            yield return $"{requirement.Number}: it is not said what was broken to see the proofs fail";
        foreach (var problem in Problems(tree, requirement.Number, requirement.Verdict, requirement.Proofs, requirement.Remark))
            yield return problem;
    }

    private static IEnumerable<string> Problems(SourceTree tree, string name, string verdict, IReadOnlyList<string> proofs, string remark)
    {
        if (ModelVerdicts.All.All(known => known.Word != verdict))
            yield return $"{name}: no such verdict: {verdict}";
        if (ModelVerdicts.NeedsProof(verdict) && proofs.Count == 0)
            yield return $"{name}: '{verdict}' needs a proof";
        if (ModelVerdicts.NeedsRemark(verdict) && remark.Length == 0)
            yield return $"{name}: '{verdict}' needs a remark that says why";
        foreach (var proof in proofs.Where(proof => !tree.HasProof(proof)))
            yield return $"{name}: no play, test or file is called {proof}";
        if (proofs.Count != proofs.Distinct().Count())
            yield return $"{name}: a proof is named twice";
    }

    private static IEnumerable<string[]> Rows(string folder, string file)
    {
        foreach (var row in Checklist.Table(Path.Combine(folder, file)))
        {
            if (row.Length != 8)
                throw new FormatException($"{file}: {row[0]}: {row.Length} fields instead of 8");
            yield return row;
        }
    }

    private static string[] Words(string field) => field.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
