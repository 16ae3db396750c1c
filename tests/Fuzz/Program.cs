using System.Diagnostics;
using System.Globalization;
using PresenceXml.Protocol.Tests.Streams;

namespace PresenceXml.Fuzz;

/// <summary>
/// Fuzzes the stream decoder: <c>--seconds N --seed S --corpus DIR [--out DIR]</c>. Compares whole with chunked, ours with XmlReader,
/// and what is read with what is written and read again. The first finding ends it: the input is written to a file, exit code 1.
/// </summary>
internal static class Program
{
    /// <summary>No input of a few kilobytes may take longer.</summary>
    private static readonly TimeSpan HangAfter = TimeSpan.FromSeconds(20);

    private static readonly Lock Gate = new();
    private static byte[] current = [];
    private static long started;

    private static int Main(string[] arguments)
    {
        if (arguments.Length % 2 != 0) return Usage();
        Dictionary<string, string> options = [];
        for (int i = 0; i < arguments.Length; i += 2) options[arguments[i]] = arguments[i + 1];
        if (options.Keys.Except(["--seconds", "--seed", "--corpus", "--out"]).Any()
            || !int.TryParse(options.GetValueOrDefault("--seconds", "60"), CultureInfo.InvariantCulture, out int seconds)
            || !int.TryParse(options.GetValueOrDefault("--seed", "1"), CultureInfo.InvariantCulture, out int seed)) return Usage();
        string folder = options.GetValueOrDefault("--corpus", "tests/Protocol.Tests/corpus");
        string output = options.GetValueOrDefault("--out", ".");
        if (!Directory.Exists(folder) || Directory.GetFiles(folder, "*.xml") is not { Length: > 0 } files) return Usage();

        Array.Sort(files, StringComparer.Ordinal);
        Mutator mutator = new([.. files.Select(File.ReadAllBytes)], new Random(seed));
        using Timer watch = new(_ => Watch(output), null, HangAfter, TimeSpan.FromSeconds(1));
        Stopwatch clock = Stopwatch.StartNew();
        long count = 0;
        for (; clock.Elapsed.TotalSeconds < seconds; count++)
        {
            byte[] input = mutator.Next();
            int[] first = mutator.Pieces(input.Length), second = mutator.Pieces(input.Length);
            lock (Gate) (current, started) = (input, Stopwatch.GetTimestamp());
            string? finding;
            try
            {
                finding = Check.Input(input, first, second);
            }
            // Whatever else is thrown is what a fuzzer looks for.
            catch (Exception e)
            {
                finding = e.ToString();
            }
            if (finding is not null) return Report(finding, input, output, count);
        }
        lock (Gate) current = [];
        Console.WriteLine($"{count} inputs in {seconds} s with seed {seed}, nothing found");
        return 0;
    }

    private static int Usage()
    {
        Console.Error.WriteLine("usage: --seconds N --seed S --corpus DIR [--out DIR]; the corpus holds *.xml files");
        return 2;
    }

    private static int Report(string finding, byte[] input, string output, long count)
    {
        Directory.CreateDirectory(output);
        string file = Path.Combine(output, $"finding-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(input))[..12]}.xml");
        File.WriteAllBytes(file, input);
        Console.WriteLine($"after {count} inputs: {finding}\nthe input is in {file}");
        return 1;
    }

    private static void Watch(string output)
    {
        byte[] input;
        lock (Gate)
        {
            if (current.Length == 0 || Stopwatch.GetElapsedTime(started) < HangAfter) return;
            input = current;
        }
        Environment.Exit(Report("it hangs", input, output, -1));
    }
}
