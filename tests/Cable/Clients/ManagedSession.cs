using PresenceXml.Cable.Ledger;

namespace PresenceXml.Cable.Clients;

/// <summary>The client's half of stream management (XEP-0198): counts both ways, and what the server has not acknowledged.</summary>
internal sealed class ManagedSession
{
    private readonly Queue<(uint Number, string Xml, SentMessage? Message)> unacknowledged = new();
    private uint sent;
    private uint acknowledged;

    /// <summary>To resume with; null until the server gave one.</summary>
    public string? Id { get; set; }

    /// <summary>Stanzas received, counted from <c>&lt;enabled/&gt;</c>.</summary>
    public uint Handled { get; set; }

    public int Unacknowledged => unacknowledged.Count;

    public IReadOnlyList<(string Xml, SentMessage? Message)> ToResend => [.. unacknowledged.Select(static entry => (entry.Xml, entry.Message))];

    /// <summary>A stanza goes out behind <c>&lt;enable/&gt;</c>.</summary>
    public void Add(string xml, SentMessage? message) => unacknowledged.Enqueue((++sent, xml, message));

    /// <summary>The server says that it handled so many stanzas. Returns what is wrong with that; null: nothing.</summary>
    /// <param name="h">Its count.</param>
    /// <param name="done">Called for each message that it covers for the first time.</param>
    public string? Acknowledge(uint h, Action<SentMessage> done)
    {
        if (h > sent)
            return $"h='{h}' acknowledges more than the {sent} stanzas that were sent";
        if (h < acknowledged)
            return $"h='{h}' after h='{acknowledged}'";
        acknowledged = h;
        while (unacknowledged.TryPeek(out (uint Number, string Xml, SentMessage? Message) entry) && entry.Number <= h)
        {
            unacknowledged.Dequeue();
            if (entry.Message is not null)
                done(entry.Message);
        }
        return null;
    }
}
