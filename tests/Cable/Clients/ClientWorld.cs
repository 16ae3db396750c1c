using System.Globalization;
using PresenceXml.Cable.Run;

namespace PresenceXml.Cable.Clients;

/// <summary>What all devices of an act share.</summary>
/// <param name="clock">The run's clock.</param>
/// <param name="pause">The mean time between two of a device's bursts of messages.</param>
/// <param name="hibernation">How long the server keeps a session that can be resumed.</param>
/// <param name="patience">How long a client waits for an answer before it gives its line up.</param>
/// <param name="traces">Where each device's conversation is written; null: nowhere.</param>
internal sealed class ClientWorld(RunClock clock, TimeSpan pause, TimeSpan hibernation, TimeSpan patience, string? traces) : IDisposable
{
    private readonly List<StreamWriter> files = [];
    private volatile bool isSending = true;
    private volatile bool isCalm;

    public RunClock Clock { get; } = clock;
    public Counts Counts { get; } = new();
    public TimeSpan Pause { get; } = pause;
    public TimeSpan Hibernation { get; } = hibernation;
    public TimeSpan Patience { get; } = patience;

    /// <summary>True while new messages are written.</summary>
    public bool IsSending { get => isSending; set => isSending = value; }

    /// <summary>True when no client leaves of its own accord any more.</summary>
    public bool IsCalm { get => isCalm; set => isCalm = value; }

    /// <summary>Where a device is to tell what it sends and receives; null: nobody wants to know.</summary>
    public Action<string>? Trace(string device)
    {
        if (traces is null)
            return null;
        Directory.CreateDirectory(traces);
        var file = new StreamWriter(Path.Combine(traces, device.Replace('/', '.') + ".log"));
        files.Add(file);
        return line =>
        {
            lock (file)
                file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Clock.Now.TotalSeconds:F3} {line}"));
        };
    }

    public void Dispose()
    {
        foreach (StreamWriter file in files)
            file.Dispose();
    }
}
