namespace PresenceXml.Conformance.Runner;

/// <summary>
/// Notes which step of a play looked at what came and which step sent what, by connection and place on the wire: the connections of an
/// actor count from 1, what comes on one counts from 0 (headers, first-level elements, the closing tag, the end), what is sent counts in bytes.
/// </summary>
public sealed class StepLog
{
    private readonly Dictionary<string, List<Wire>> wires = new(StringComparer.Ordinal);
    private readonly Dictionary<Received, Step?> looked = new(ReferenceEqualityComparer.Instance);

    /// <summary>The step being performed; null outside of all.</summary>
    public Step? Current { get; set; }

    /// <summary>The longest that something that came let a step wait.</summary>
    public TimeSpan LongestWait { get; private set; }

    public void Opened(string actor)
    {
        if (!wires.TryGetValue(actor, out var all))
            wires[actor] = all = [];
        all.Add(new());
    }

    /// <summary>Something came, now or earlier, after so long a wait.</summary>
    public void Arrived(string actor, Received received, TimeSpan wait)
    {
        LongestWait = wait > LongestWait ? wait : LongestWait;
        if (looked.TryAdd(received, null) && wires.TryGetValue(actor, out var all))
            all[^1].Came.Add(received);
    }

    /// <summary>The current step takes what came. When it puts it back, a later one takes it over.</summary>
    public void Taken(Received received) => looked[received] = Current;

    public void Sent(string actor, int bytes)
    {
        if (!wires.TryGetValue(actor, out var all))
            return;
        var wire = all[^1];
        wire.Sent.Add((wire.Length += bytes, Current));
    }

    /// <summary>The step that took what came in this place; null: none did, it was ignored or came too late.</summary>
    public Step? TakerOf(string actor, int connection, int ordinal) =>
        WireOf(actor, connection) is { } wire && ordinal < wire.Came.Count ? looked[wire.Came[ordinal]] : null;

    /// <summary>The step that sent the byte before <paramref name="end"/>.</summary>
    public Step? SenderOf(string actor, int connection, long end) =>
        WireOf(actor, connection)?.Sent.Find(sent => sent.End >= end).Step;

    private Wire? WireOf(string actor, int connection) =>
        wires.TryGetValue(actor, out var all) && connection <= all.Count ? all[connection - 1] : null;

    private sealed class Wire
    {
        public List<Received> Came { get; } = [];
        public List<(long End, Step? Step)> Sent { get; } = [];
        public long Length { get; set; }
    }
}
