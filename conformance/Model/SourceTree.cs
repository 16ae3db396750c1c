using System.Text.RegularExpressions;
using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Model;

/// <summary>What there is in the source tree that a table may name.</summary>
internal sealed partial class SourceTree
{
    private readonly string root;
    private readonly HashSet<string> plays;
    private readonly HashSet<string> tests;
    private readonly HashSet<string> types;

    public SourceTree(string root)
    {
        this.root = root;
        plays = [.. Repertoire.Read(Path.Combine(root, "conformance")).Select(static play => play.Name)];
        tests = [.. Sources("tests").SelectMany(static file => Tests(Path.GetFileNameWithoutExtension(file), File.ReadAllText(file)))];
        types = [.. Sources("src").SelectMany(static file => TypePattern().Matches(File.ReadAllText(file)).Select(static match => match.Groups[1].Value))];
    }

    public bool HasPlay(string name) => plays.Contains(name);

    /// <summary>A test as <c>Class.Method</c>, or all of a class as <c>Class</c>.</summary>
    public bool HasTest(string name) => tests.Contains(name);

    /// <summary>A type of <c>src/</c>.</summary>
    public bool HasType(string name) => types.Contains(name);

    public bool HasFile(string path) => File.Exists(Path.Combine(root, path));

    public bool HasProof(string name) => HasPlay(name) || HasTest(name) || (name.Contains('/', StringComparison.Ordinal) && HasFile(name));

    /// <summary>The tests of a file: methods below an attribute that makes one of them.</summary>
    internal static IEnumerable<string> Tests(string type, string source)
    {
        var any = false;
        foreach (Match match in TestPattern().Matches(source))
        {
            any = true;
            yield return $"{type}.{match.Groups[1].Value}";
        }

        if (any)
            yield return type;
    }

    private IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(static file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    // An attribute line, other attribute lines and comments, then the method.
    [GeneratedRegex(@"^\s*\[(?:Test|TestCase|TestCaseSource|Property|FsCheck\.NUnit\.Property|Fragmented|Theory)\b.*\]\s*(?://.*)?\n(?:\s*(?:\[.*|//.*|[^\n]*\)\])\s*\n)*\s*public\s+(?:static\s+|async\s+)*[\w.<>\[\]?]+\s+(\w+)\s*\(", RegexOptions.Multiline)]
    private static partial Regex TestPattern();

    [GeneratedRegex(@"^\s*(?:(?:public|internal|private|abstract|sealed|static|readonly|partial|ref)\s+)+(?:record\s+struct|record\s+class|class|record|struct|enum|interface)\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex TypePattern();
}
