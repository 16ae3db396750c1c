using System.Globalization;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Federation;

/// <summary>What was asked, answered and tried on the way to another server, in sentences for people, each with its time. Bounded.</summary>
/// <param name="clock">The clock.</param>
/// <param name="follow">Takes each line as it comes, on the thread it comes from.</param>
internal sealed class LinkTrace(TimeProvider clock, Action<string>? follow = null)
{
    private const int MaxLines = 500;

    // Much of it is what others said, and traces are kept of many links.
    private const int MaxLength = 1000;

    private readonly Lock gate = new();
    private readonly List<string> lines = [];
    private readonly long begun = clock.GetTimestamp();

    /// <summary>How far it has come.</summary>
    public LinkStep Step { get; set; }

    /// <summary>Whether an address refused the connection, as opposed to none answering.</summary>
    public bool WasRefused { get; set; }

    /// <summary>True when an address was passed over because it is a private one.</summary>
    public bool WasPrivate { get; set; }

    /// <summary>So far, in the order it happened.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate) return [.. lines];
        }
    }

    /// <summary>Adds a sentence.</summary>
    public void Add(string sentence)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{clock.GetElapsedTime(begun).TotalSeconds,7:0.000} s  {PeerText.Printable(sentence, MaxLength)}");
        lock (gate)
        {
            if (lines.Count == MaxLines) return;
            lines.Add(line);
        }
        follow?.Invoke(line);
    }

    /// <summary>Adds a question with what became of it.</summary>
    public void Add(DnsQuestion question, DnsAnswer answer)
    {
        if (!answer.IsRemembered)
            foreach (string note in answer.Notes.Where(note => note != answer.Source)) Add($"{question}: {note}");
        string source = answer.IsRemembered ? $"known from {answer.Source}" : answer.Source;
        Add(answer.Status switch
        {
            DnsStatus.Found => string.Create(CultureInfo.InvariantCulture, $"{question}: {string.Join(", ", answer.Records)} ({source}, valid for {answer.Lifetime.TotalSeconds:0} s)"),
            DnsStatus.NoData => $"{question}: none, though the name exists ({source})",
            DnsStatus.NoSuchName => $"{question}: there is no such name ({source})",
            _ => $"{question}: no answer: {answer.Source}",
        });
    }

    /// <summary>Adds what can be done about what was told last.</summary>
    public void Advise(string remedy) => Add($"to mend it: {remedy}");

    public override string ToString() => string.Join('\n', Lines);
}
