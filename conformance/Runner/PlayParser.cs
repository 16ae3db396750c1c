using System.Text.RegularExpressions;

namespace PresenceXml.Conformance.Runner;

/// <summary>Reads a play. The format is described in <c>conformance/README.md</c>.</summary>
public static partial class PlayParser
{
    /// <summary>Reads one play.</summary>
    /// <param name="name">The name for reports: the file's, without extension.</param>
    /// <exception cref="PlaySyntaxException">The text breaks the format.</exception>
    public static Play Parse(string name, string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var curtain = Array.FindIndex(lines, static line => line.Trim() == "---");
        if (curtain < 0)
            throw new PlaySyntaxException(name, 1, "no line '---' between cast and steps");

        string? title = null;
        var ids = new List<string>();
        var needs = new List<string>();
        var cast = new List<CastMember>();
        for (var i = 0; i < curtain; i++)
        {
            var line = lines[i].Trim();
            if (line.StartsWith("# id:", StringComparison.Ordinal))
                ids.AddRange(List(line[5..]));
            else if (line.StartsWith("# needs:", StringComparison.Ordinal))
                needs.AddRange(List(line[8..]));
            else if (line.StartsWith('#'))
                title ??= line[1..].Trim();
            else if (line.Length > 0)
                cast.Add(ParseCast(name, i + 1, line));
        }

        if (title is null)
            throw new PlaySyntaxException(name, 1, "no title: the first line is a comment with the RFC's section");
        if (ids.Count == 0)
            throw new PlaySyntaxException(name, 1, "no '# id:' line");
        if (cast.GroupBy(static member => member.Name).FirstOrDefault(static group => group.Count() > 1) is { } twice)
            throw new PlaySyntaxException(name, 1, $"{twice.Key} is in the cast twice");
        if (cast.Exists(static member => member.IsServer) && !needs.Contains(Play.Federation))
            needs.Add(Play.Federation);
        var steps = ParseSteps(name, lines, curtain + 1, cast);
        if (ServerSteps.Conflict(steps) is { } conflict)
            throw new PlaySyntaxException(name, conflict.Step.Line, conflict.Problem);
        return new(name, title, ids, needs, cast, steps);
    }

    /// <summary>Reads all plays below a folder, in the order of their names.</summary>
    public static IReadOnlyList<Play> ParseFolder(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.xmpp", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(static file => Parse(Path.GetFileNameWithoutExtension(file), File.ReadAllText(file))),
    ];

    private static string[] List(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static CastMember ParseCast(string play, int line, string text)
    {
        var match = CastLine().Match(text);
        if (!match.Success)
            throw new PlaySyntaxException(play, line, "expected '[Client] Name local@{domain}', '[Nobody] Name local@{domain}' or '[Server] Name'");
        if (match.Groups["server"].Success)
            return new(match.Groups["server"].Value, match.Groups["server"].Value, null, null, false, IsServer: true);
        return new(
            match.Groups["name"].Value,
            match.Groups["local"].Value,
            match.Groups["resource"].Success ? match.Groups["resource"].Value : null,
            match.Groups["password"].Success ? match.Groups["password"].Value : null,
            match.Groups["kind"].Value == "Client",
            Keys: match.Groups["keys"].Success ? match.Groups["keys"].Value : null);
    }

    private static List<Step> ParseSteps(string play, string[] lines, int start, List<CastMember> cast)
    {
        var steps = new List<Step>();
        for (var i = start; i < lines.Length;)
        {
            var line = lines[i].TrimEnd();
            if (line.Length == 0 || line[0] == '#')
            {
                i++;
                continue;
            }

            if (char.IsWhiteSpace(line[0]))
                throw new PlaySyntaxException(play, i + 1, "an indented line belongs behind a step that ends with a colon");
            if (!StepPhrases.TryMatch(line, out var kind, out var match))
                throw new PlaySyntaxException(play, i + 1, $"no such step: {line}");

            var first = i;
            var body = new List<string> { line[match.Length..].Trim() };
            for (i++; i < lines.Length && (string.IsNullOrWhiteSpace(lines[i]) || char.IsWhiteSpace(lines[i][0])); i++)
                body.Add(lines[i].TrimEnd());
            steps.Add(Build(play, first + 1, kind, match, line, string.Join('\n', body).Trim(), cast));
        }

        return steps.Count > 0 ? steps : throw new PlaySyntaxException(play, start, "no steps");
    }

    private static Step Build(string play, int number, StepKind kind, Match match, string line, string body, List<CastMember> cast)
    {
        if (ServerSteps.Problem(kind, Group("who"), Group("whom"), cast) is { } problem)
            throw new PlaySyntaxException(play, number, problem);
        var takesBody = match.Value.EndsWith(':');
        if (takesBody != body.Length > 0)
            throw new PlaySyntaxException(play, number, takesBody ? "nothing stands behind the colon" : "this step has no body");
        try
        {
            return new(number, line, kind, Group("who"), Group("whom"), Group("argument"), Group("second"), body, Expected(kind, body, ServerSteps.ContentNamespace(Group("who"), cast)));
        }
        catch (FormatException e)
        {
            throw new PlaySyntaxException(play, number, e.Message);
        }

        string? Group(string name) => match.Groups[name].Success ? match.Groups[name].Value : null;
    }

    private static IReadOnlyList<Expectation> Expected(StepKind kind, string body, string contentNamespace)
    {
        if (kind is not (StepKind.Receives or StepKind.ReceivesExactly or StepKind.ReceivesInAnyOrder or StepKind.ReceivesOneOf
            or StepKind.ReceivesHeader or StepKind.Ignores or StepKind.MayEnd))
            return [];
        var all = Expectation.ParseAll(kind is StepKind.ReceivesHeader ? CloseHeader(body) : body, contentNamespace);
        if (kind is StepKind.ReceivesHeader && all.Count > 1)
            throw new FormatException("one header is expected at a time");
        if (kind is not (StepKind.Receives or StepKind.ReceivesExactly or StepKind.Ignores) && all.Any(static each => ManagedSession.IsAcknowledgement(each.Pattern)))
            throw new FormatException("acknowledgements are in no order: expect one by 'receives'");
        return all;
    }

    // A header is written as the opening tag it is.
    private static string CloseHeader(string body) =>
        body.EndsWith("/>", StringComparison.Ordinal) || !body.EndsWith('>') ? body : body[..^1] + "/>";

    [GeneratedRegex(@"^\[Server\]\s+(?<server>[A-Z]\w*)$|^\[(?<kind>Client|Nobody)\]\s+(?<name>[A-Z]\w*)\s+(?<local>[^@\s]+)@\{domain\}(/(?<resource>\S+))?(\s+password=(?<password>\S+))?(\s+keys=(?<keys>SCRAM-\S+))?$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex CastLine();
}
