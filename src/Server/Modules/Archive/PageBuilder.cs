using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Archive;

/// <summary>Takes entries in the direction of paging until the page is full.</summary>
/// <param name="with">A full JID that one side must have, or null.</param>
/// <param name="limit">The most entries.</param>
/// <param name="bytes">Of content; the first entry may have more.</param>
/// <param name="isCountOnly">True when the entries themselves are not wanted.</param>
internal sealed class PageBuilder(Jid? with, int limit, int bytes, bool isCountOnly)
{
    private readonly List<LogEntry> entries = [];
    private long taken;

    /// <summary>Entries that match so far.</summary>
    public int Count { get; private set; }

    /// <summary>True when one more matches than has room.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What it could take in at most before it is over.</summary>
    public int Wanted => with is null ? limit - Count + 1 : int.MaxValue;

    /// <summary>The page, ascending.</summary>
    public IReadOnlyList<LogEntry> Ascending(bool isBackwards)
    {
        if (isBackwards)
            entries.Reverse();
        return entries;
    }

    /// <summary>Takes an entry if it matches and has room.</summary>
    public void Add(LogEntry entry)
    {
        if (IsOver || !Matches(entry))
            return;
        if (Count == limit || (!isCountOnly && Count > 0 && taken + entry.Content.Length > bytes))
        {
            IsOver = true;
            return;
        }
        Count++;
        if (isCountOnly)
            return;
        taken += entry.Content.Length;
        entries.Add(entry);
    }

    // Of what has the address in it, whose it is.
    private bool Matches(LogEntry entry)
    {
        if (with is null)
            return true;
        Stanza message = StanzaReader.ReadCanonical(entry.Content);
        return message.From == with || message.To == with;
    }
}
