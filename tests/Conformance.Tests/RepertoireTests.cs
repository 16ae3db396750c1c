using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Tests;

public class RepertoireTests
{
    private const string Free = "# RFC 6121 §3: a rule\n# id: U-01\n[Client] Romeo romeo@{domain}\n---\nRomeo connects\n";
    private static readonly string Own = Free.Replace("# id", "# needs: urn:x-presencexml:x:0\n# id", StringComparison.Ordinal);
    private string folder = "";

    [SetUp]
    public void SetUp()
    {
        folder = Directory.CreateTempSubdirectory("repertoire-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "scripts"));
        Directory.CreateDirectory(Path.Combine(folder, "presencexml"));
    }

    [TearDown]
    public void TearDown() => Directory.Delete(folder, recursive: true);

    [Test]
    public void Both_folders_are_read_in_the_order_of_the_names()
    {
        Write("scripts/b", Free);
        Write("presencexml/a", Own);
        Write("scripts/0", Free);
        Assert.That(Repertoire.Read(folder).Select(static play => play.Name), Is.EqualTo(new[] { "0", "a", "b" }));
    }

    [Test]
    public void A_name_that_is_there_twice_is_refused()
    {
        Write("scripts/a", Free);
        Write("presencexml/a", Own);
        AssertRefused("there are two plays of this name: in scripts and in presencexml");
    }

    [Test]
    public void An_own_play_needs_what_it_tests()
    {
        Write("presencexml/a", Free);
        AssertRefused("'# needs: urn:x-presencexml:…'");
    }

    [Test]
    public void A_play_that_needs_something_of_ours_is_an_own_play()
    {
        Write("scripts/a", Own);
        AssertRefused("belongs into presencexml/");
    }

    private void AssertRefused(string problem) =>
        Assert.That(() => Repertoire.Read(folder), Throws.TypeOf<PlaySyntaxException>().With.Message.Contains(problem));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name + ".xmpp"), text);
}
