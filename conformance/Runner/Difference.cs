using System.Globalization;
using System.Text.RegularExpressions;

namespace PresenceXml.Conformance.Runner;

/// <summary>One line of a profile: where a play fails on that server, and who is right.</summary>
/// <param name="Line">Its line in the file.</param>
/// <param name="Step">A piece of the failing step as the play has it; <c>#2</c> behind it: the second step that has the piece.</param>
/// <param name="Rule">The section of the RFC, and the level where it matters.</param>
/// <param name="Why">What the server does, and what the rule says about that.</param>
public sealed partial record Difference(int Line, string Play, string Step, Verdict Verdict, string Rule, string Why)
{
    public override string ToString() => $"{Verdict.Word()}: {Rule}: {Why}";

    /// <summary>Whether a failure is the one that this line means.</summary>
    public bool Covers(Play play, Failure failure) =>
        failure.Step == Failure.End ? Step == Failure.End : Find(play) is [var step] && step.Line == failure.Line;

    /// <summary>What is wrong with the line, seen with its play; null when it names one step.</summary>
    public string? Problem(Play play) => Step == Failure.End ? null : Find(play).Count switch
    {
        0 => $"{Play} has no step with '{Step}'",
        1 => null,
        var count => $"{count} steps of {Play} have '{Step}': write more of the step, or the number of the one that is meant behind it ('{Step} #2')",
    };

    private List<Step> Find(Play play)
    {
        var match = Numbered().Match(Step);
        var found = Containing(play, match.Success ? match.Groups["piece"].Value : Step);
        if (!match.Success)
            return found;
        var number = int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        return number >= 1 && number <= found.Count ? [found[number - 1]] : [];
    }

    private static List<Step> Containing(Play play, string piece) =>
        [.. play.Steps.Where(step => Spaced($"{step.Text}\n{step.Body}").Contains(Spaced(piece), StringComparison.Ordinal))];

    // The columns of a play are for the eye.
    private static string Spaced(string text) => Spaces().Replace(text, " ");

    [GeneratedRegex(@"^(?<piece>.*\S) #(?<number>[0-9]{1,3})$", RegexOptions.ExplicitCapture)]
    private static partial Regex Numbered();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
