using PresenceXml.Cable.Run;

namespace PresenceXml.Cable.Clients;

/// <summary>What all devices of an act share.</summary>
/// <param name="clock">The run's clock.</param>
/// <param name="pause">The mean time between two of a device's bursts of messages.</param>
/// <param name="hibernation">How long the server keeps a session that can be resumed.</param>
/// <param name="patience">How long a client waits for an answer before it gives its line up.</param>
internal sealed class ClientWorld(RunClock clock, TimeSpan pause, TimeSpan hibernation, TimeSpan patience)
{
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
}
