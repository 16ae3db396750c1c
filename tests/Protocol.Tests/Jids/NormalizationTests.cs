using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using PresenceXml.Protocol.Unicode;

namespace PresenceXml.Protocol.Tests.Jids;

/// <summary>UAX #15 conformance: the whole NormalizationTest.txt of the tables' Unicode version, as far as it is about NFC.</summary>
public sealed class NormalizationTests
{
    [Test]
    public void Unicode_conformance_test()
    {
        var singles = new HashSet<int>();
        string part = "";
        int rows = 0;
        foreach (string line in ReadLines())
        {
            if (line.StartsWith('@'))
            {
                part = line;
                continue;
            }
            int[][] columns = [.. line.TrimEnd(';').Split(';').Select(column => column.Split(' ').Select(ParseHex).ToArray())];
            Assert.That(columns, Has.Length.EqualTo(5));
            if (part == "@Part1")
                singles.Add(columns[0].Single());
            // c2 == toNFC(c1) == toNFC(c2) == toNFC(c3); c4 == toNFC(c4) == toNFC(c5)
            for (int i = 0; i < 5; i++)
            {
                int[] expected = i < 3 ? columns[1] : columns[3];
                if (!Nfc(columns[i]).SequenceEqual(expected))
                    Assert.Fail($"column {i + 1} of {line}");
            }
            rows++;
        }

        Assert.That(rows, Is.GreaterThan(18_000));
        // What part 1 does not list is its own normal form.
        for (int codePoint = 0; codePoint < CodePoint.Limit; codePoint++)
        {
            if (codePoint is (< 0xD800 or > 0xDFFF) && !singles.Contains(codePoint) && !Nfc(codePoint).SequenceEqual([codePoint]))
                Assert.Fail($"U+{codePoint:X4}");
        }
    }

    [Test]
    public void Tables_and_test_data_are_of_one_Unicode_version() =>
        Assert.That(ReadRaw().First(), Does.Contain(" " + UnicodeTables.Version + " "));

    [Test]
    public void Hangul_syllables_are_composed()
    {
        for (int syllable = 0xAC00; syllable <= 0xD7A3; syllable++)
        {
            int index = syllable - 0xAC00;
            int[] parts = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28];
            if (!Nfc(index % 28 == 0 ? parts[..2] : parts).SequenceEqual([syllable]))
                Assert.Fail($"U+{syllable:X4}");
        }
    }

    [Test]
    public void A_run_of_thousands_of_marks_is_sorted_stably()
    {
        // Two classes mixed; within one the order must stay.
        int[] above = [0x301, 0x300, 0x302, 0x306];
        int[] below = [0x323, 0x324, 0x325, 0x32D];
        int[] marks = [.. Enumerable.Range(0, 4000).Select(i => i % 2 == 0 ? above[i / 2 % 4] : below[i / 2 % 4])];
        int[] expected = [0xE000, .. marks.Where(below.Contains), .. marks.Where(above.Contains)];
        Assert.That(Nfc([0xE000, .. marks]), Is.EqualTo(expected));
    }

    internal static int[] Nfc(params int[] codePoints)
    {
        var buffer = new CodePointBuffer(stackalloc int[4]);
        buffer.CopyFrom(codePoints);
        Normalization.ToNfc(ref buffer);
        int[] result = buffer.Span.ToArray();
        buffer.Dispose();
        return result;
    }

    private static int ParseHex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static IEnumerable<string> ReadLines() => ReadRaw().Where(line => !line.StartsWith('#'));

    private static IEnumerable<string> ReadRaw()
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream("NormalizationTest.txt.gz")!;
        using var reader = new StreamReader(new GZipStream(resource, CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
            yield return line;
    }
}
