using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace PresenceXml.Protocol.Tests.Streams;

/// <summary>The corpus: streams of which the file name says what becomes of them, <c>ok--…</c> or the condition of a stream error.</summary>
public sealed class CorpusTests
{
    private static readonly string Folder = Path.Combine(TestContext.CurrentContext.TestDirectory, "corpus");

    private static readonly byte[][] Inputs = [.. Directory.GetFiles(Folder, "*.xml").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    public static IEnumerable<string> Files() => Directory.GetFiles(Folder, "*.xml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Files))]
    public void What_the_name_says_comes_of_it(string file)
    {
        byte[] input = File.ReadAllBytes(Path.Combine(Folder, file));
        string condition = file[..file.IndexOf("--", StringComparison.Ordinal)];
        string transcript = Replay.Run(input, []);
        if (condition == "ok") Assert.That(transcript, Does.Not.Contain("error").And.Contain("header"));
        else Assert.That(Wire.Last(transcript), Is.EqualTo("error " + condition));
        Assert.That(Check.Input(input, [.. Enumerable.Repeat(1, input.Length)]), Is.Null);
        if (input.Length > 2000) return;
        for (int cut = 1; cut < input.Length; cut++) Assert.That(Replay.Run(input, [cut]), Is.EqualTo(transcript), $"cut at {cut}");
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public Property Any_chunking_gives_the_same_events() => Prop.ForAll(
        Gen.Elements(Inputs).Zip(Gen.Choose(0, 120).ListOf()).ToArbitrary(),
        pair => Replay.Run(pair.Item1, pair.Item2) == Replay.Run(pair.Item1, []));

    [Test]
    public void Mutations_are_judged_as_XmlReader_does([Values(1, 2, 3, 4)] int seed)
    {
        Mutator mutator = new(Inputs, new Random(seed));
        for (int i = 0; i < 500; i++)
        {
            byte[] input = mutator.Next();
            Assert.That(Check.Input(input, mutator.Pieces(input.Length)), Is.Null, Encoding.Latin1.GetString(input));
        }
    }
}
