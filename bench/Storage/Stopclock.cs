using System.Diagnostics;
using System.Globalization;

namespace PresenceXml.Storage.Bench;

/// <summary>Time on the wall and time of this process's CPU since it was made.</summary>
internal sealed class Stopclock
{
    private readonly TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly long allocated = GC.GetTotalAllocatedBytes();

    /// <summary>A line about so many messages.</summary>
    public string Report(int messages, string more = "")
    {
        var wall = Stopwatch.GetElapsedTime(start);
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        return string.Create(CultureInfo.InvariantCulture,
            $"{messages / wall.TotalSeconds,9:N0} msg/s  {used.TotalMicroseconds / messages,6:0.0} µs CPU/msg  {(GC.GetTotalAllocatedBytes() - allocated) / (double)messages,6:N0} B alloc/msg  {more}");
    }
}
