using System.Diagnostics;
using System.Globalization;

namespace PresenceXml.Storage.Bench;

/// <summary>Time on the wall and time of this process's CPU since it was made.</summary>
internal sealed class Stopclock
{
    private readonly TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly long allocated = GC.GetTotalAllocatedBytes();

    /// <summary>CPU time and bytes allocated since it was made.</summary>
    public (TimeSpan Cpu, long Allocated) Used => (Process.GetCurrentProcess().TotalProcessorTime - cpu, GC.GetTotalAllocatedBytes() - allocated);

    /// <summary>A line about so many messages.</summary>
    public string Report(int messages, string more = "")
    {
        var wall = Stopwatch.GetElapsedTime(start);
        var (used, bytes) = Used;
        return string.Create(CultureInfo.InvariantCulture,
            $"{messages / wall.TotalSeconds,9:N0} msg/s  {used.TotalMicroseconds / messages,6:0.0} µs CPU/msg  {bytes / (double)messages,6:N0} B alloc/msg  {more}");
    }
}
