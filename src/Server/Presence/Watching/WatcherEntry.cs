using PresenceXml.Server.Rules;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>A watcher as its presentity may see it.</summary>
/// <param name="Id">Names it in the watcher information of this presentity, and nowhere else (RFC 3858 §4.1).</param>
/// <param name="Record">What is known, with what the roster knows better; of a coarse one, with times of the day only.</param>
/// <param name="IsPolite">It believes it sees the presentity (RFC 5025 §3.2.1, polite-block).</param>
/// <param name="Shown">How it appears.</param>
public sealed record WatcherEntry(string Id, WatcherRecord Record, bool IsPolite, Visibility Shown)
{
    /// <summary>What the owner calls it: pollers are fetchers, but of note.</summary>
    public string Kind => Record.IsPoller ? "poller" : Record.Kind switch
    {
        WatcherKind.Subscriber => "subscriber",
        WatcherKind.Fetcher => "fetcher",
        _ => "directed",
    };
}
