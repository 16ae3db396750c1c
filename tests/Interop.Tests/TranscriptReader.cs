using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace PresenceXml.Interop.Tests;

/// <summary>Collects what a process prints, so that its pipes never fill and a failed test can show it.</summary>
public sealed class TranscriptReader
{
    private readonly StringBuilder text = new();
    private readonly List<Task> pumps = [];

    public TranscriptReader(params StreamReader[] readers)
    {
        foreach (StreamReader reader in readers) pumps.Add(PumpAsync(reader));
    }

    public string Text
    {
        get { lock (text) return text.ToString(); }
    }

    /// <summary>Waits until a line matches <paramref name="pattern"/>, a regular expression.</summary>
    public async Task ExpectAsync(string pattern)
    {
        var expected = new Regex(pattern, RegexOptions.CultureInvariant);
        long start = Stopwatch.GetTimestamp();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        do
        {
            if (expected.IsMatch(Text)) return;
            await tick.WaitForNextTickAsync();
        }
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
        throw new AssertionException($"/{pattern}/ was never printed:\n{Text}");
    }

    private async Task PumpAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
            lock (text) text.AppendLine(line);
    }
}
