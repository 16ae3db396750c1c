using System.Globalization;

namespace PresenceXml.Storage.Bench;

/// <summary>
/// What is demanded of the archive of one account with a million messages: pages in time (<see cref="Pages"/>), and storing that is hardly slowed
/// by somebody who pages (<see cref="Beside"/>).
/// </summary>
internal static class Archive
{
    public static async Task RunAsync(string root, int messages)
    {
        Load("before");
        await Pages.RunAsync(root, messages);
        Load("before storing beside pages");
        await Beside.RunAsync(root, messages);
        Load("after");
    }

    // Other work on the machine makes every figure worse; whoever reads them should know.
    private static void Load(string when)
    {
        var load = File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) : "unknown";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{when}: load average {load}, {Environment.ProcessorCount} processors"));
    }
}
