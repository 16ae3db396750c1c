using PresenceXml.Conformance.Model;

namespace PresenceXml.Conformance.Tests;

/// <summary>The tables of the model (RFC 2778) and of its requirements (RFC 2779), and the pages made from them.</summary>
public class ModelTablesTests
{
    private static readonly string Root = Path.GetDirectoryName(Shipped.Conformance)!;

    [Test]
    public void Each_term_and_each_requirement_is_there_with_a_verdict_and_proofs_that_exist() =>
        Assert.That(ModelTables.Read(Shipped.Conformance).Problems(new SourceTree(Root)), Is.Empty);

    [Test]
    public void The_pages_are_those_of_the_tables()
    {
        var tables = ModelTables.Read(Shipped.Conformance);
        var model = File.ReadAllText(ModelCommand.Model(Root));
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllText(ModelCommand.Requirements(Root)), Is.EqualTo(RequirementsPage.Markdown(tables.Requirements)), "run conformance --model");
            Assert.That(model, Is.EqualTo(ModelPage.Refresh(model, tables.Terms)), "run conformance --model");
        });
    }

    [Test]
    public void Each_protocol_of_our_own_is_in_their_list()
    {
        var folder = Path.Combine(Root, "docs", "protocol");
        var list = File.ReadAllText(Path.Combine(folder, "README.md"));
        Assert.Multiple(() =>
        {
            foreach (var page in Directory.EnumerateFiles(folder, "*.md").Select(static file => Path.GetFileName(file)).Where(static name => name != "README.md"))
                Assert.That(list, Does.Contain($"({page})"), "docs/protocol/README.md");
        });
    }

    [Test]
    public void What_is_missing_unknown_or_unexplained_is_told()
    {
        using var folder = new Copy(Shipped.Conformance);
        folder.Change("rfc2779.tsv", static lines => [.. lines.Where(static line => !line.StartsWith("5.4.10\t", StringComparison.Ordinal)).Select(static line => line[..2] == "2." ? Spoil(line) : line)]);
        folder.Change("rfc2778.tsv", static lines => [.. lines.Select(static line => line.StartsWith("WATCHER\t", StringComparison.Ordinal) ? Term(line) : line)]);
        string[] problems = [.. ModelTables.Read(folder.Path).Problems(new SourceTree(Root))];
        Assert.Multiple(() =>
        {
            Assert.That(problems, Has.Member("rfc2779.tsv lacks 5.4.10"));
            Assert.That(problems, Has.Member("2.1.3: no play, test or file is called no-such-play"));
            Assert.That(problems, Has.Member("2.1.4: no such verdict: perhaps"));
            Assert.That(problems, Has.Member("2.1.5: 'met' needs a proof"));
            Assert.That(problems, Has.Member("2.2.1: it is not said what was broken to see the proofs fail"));
            Assert.That(problems, Has.Member("2.2.3: 'not built yet' needs a remark that says why"));
            Assert.That(problems, Has.Member("WATCHER: src/ has no type NoSuchType"));
            Assert.That(problems, Has.Member("WATCHER: docs/ has no nowhere.md"));
            Assert.That(problems, Has.Length.EqualTo(8));
        });
    }

    [Test]
    public void A_test_is_known_by_its_attribute_and_its_class_has_it()
    {
        const string Source = """
                [Test]
                public async Task One() => await x;

                [TestCase("a", "[b]")]
                [TestCase("c")]   // why
                public void Two(string a) { }

                public void Three() { }

                [SetUp]
                public void Four() { }
            """;
        Assert.That(SourceTree.Tests("SomeTests", Source), Is.EqualTo(new[] { "SomeTests.One", "SomeTests.Two", "SomeTests" }));
    }

    [Test]
    public void A_page_without_a_term_or_with_one_twice_is_refused()
    {
        Term[] terms = [Some("A"), Some("B")];
        const string Page = "Hello.\n<!-- terms: A -->\nold\n<!-- end -->\nBye. <!-- terms: B --><!-- end -->\n";
        var refreshed = ModelPage.Refresh(Page, terms);
        Assert.Multiple(() =>
        {
            Assert.That(refreshed, Does.StartWith("Hello.\n<!-- terms: A -->\n\n| term |").And.Contains("| **A** | means \\| much | `T` | wire [More](x.md). **met in part**: why | `p` |\n\n<!-- end -->\nBye."));
            Assert.That(refreshed, Does.Not.Contain("old"));
            Assert.That(ModelPage.Refresh(refreshed, terms), Is.EqualTo(refreshed));
            Assert.That(() => ModelPage.Refresh(Page.Replace("terms: B", "terms: A", StringComparison.Ordinal), terms), Throws.TypeOf<FormatException>().With.Message.Contains("A, B"));
            Assert.That(() => ModelPage.Refresh(Page.Replace("terms: B", "terms: C", StringComparison.Ordinal), terms), Throws.TypeOf<FormatException>().With.Message.Contains('C'));
        });

        static Term Some(string name) => new(name, "means | much", ["T"], "wire", ModelVerdicts.InPart, ["p"], "x.md", "why");
    }

    private static string Spoil(string line)
    {
        var fields = line.Split('\t');
        switch (fields[0])
        {
            case "2.1.3": fields[5] += " no-such-play"; break;
            case "2.1.4": fields[4] = "perhaps"; break;
            case "2.1.5": (fields[4], fields[5]) = ("met", ""); break;
            case "2.2.1": fields[6] = ""; break;
            case "2.2.3": (fields[4], fields[7]) = ("not built yet", ""); break;
        }

        return string.Join('\t', fields);
    }

    private static string Term(string line)
    {
        var fields = line.Split('\t');
        fields[2] += " NoSuchType";
        fields[6] = "nowhere.md";
        return string.Join('\t', fields);
    }

    /// <summary>The tables, in a folder of their own.</summary>
    private sealed class Copy : IDisposable
    {
        public Copy(string folder)
        {
            foreach (var file in (string[])["rfc2778.tsv", "rfc2779.tsv"])
                File.Copy(System.IO.Path.Combine(folder, file), System.IO.Path.Combine(Path, file));
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("model-").FullName;

        public void Change(string file, Func<string[], string[]> change)
        {
            var path = System.IO.Path.Combine(Path, file);
            File.WriteAllLines(path, change(File.ReadAllLines(path)));
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
