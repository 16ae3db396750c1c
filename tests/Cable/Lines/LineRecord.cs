using System.Globalization;
using System.Text;

namespace PresenceXml.Cable.Lines;

/// <summary>What is known of one line afterwards. Times count from the run's beginning.</summary>
internal sealed class LineRecord(string device, int number, TimeSpan opened)
{
    private readonly Lock gate = new();
    private readonly List<(TimeSpan At, string What)> events = [];

    public string Device { get; } = device;
    public int Number { get; } = number;
    public TimeSpan Opened { get; } = opened;

    /// <summary>When the server's end was over: it closed it, or was told; null: not yet.</summary>
    public TimeSpan? ServerEnd { get; private set; }

    /// <summary>When a dead line with a silent server's end began to be dead.</summary>
    public TimeSpan? SilentSince { get; set; }

    /// <summary>True when a fault ended it or the client gave it up.</summary>
    public bool WasHurt { get; private set; }

    public void Note(TimeSpan at, string what, bool hurts = false)
    {
        lock (gate)
        {
            events.Add((at, what));
            WasHurt |= hurts;
        }
    }

    public void EndAtServer(TimeSpan at)
    {
        lock (gate)
            ServerEnd = at;
    }

    public override string ToString()
    {
        lock (gate)
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"line {Device}/{Number} from {Opened.TotalSeconds:F3}");
            foreach ((TimeSpan at, string what) in events)
                text.Append(CultureInfo.InvariantCulture, $"; {at.TotalSeconds:F3} {what}");
            text.Append(ServerEnd is { } end ? string.Create(CultureInfo.InvariantCulture, $"; {end.TotalSeconds:F3} over at the server") : "; open at the server");
            return text.ToString();
        }
    }
}
