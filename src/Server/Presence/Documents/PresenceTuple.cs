using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>
/// A PRESENCE TUPLE (RFC 2778 §2.1): a status, a way to communicate and an address for it, and what else is said. Immutable.
/// </summary>
/// <param name="Id">Names it within the document, the same at each fetch; an xs:ID.</param>
/// <param name="IsOpen">OPEN, or CLOSED (RFC 2778 §2.5).</param>
/// <param name="Contact">The COMMUNICATION ADDRESS, a URI.</param>
public sealed record PresenceTuple(string Id, bool IsOpen, string Contact)
{
    /// <summary>The COMMUNICATION MEANS: the URI scheme of the address, in lower case.</summary>
    public string Means => Contact[..Math.Max(0, Contact.IndexOf(':', StringComparison.Ordinal))].ToLowerInvariant();

    /// <summary>0 to 1, the higher the rather (RFC 3863 §4.1.5); null: not said.</summary>
    public decimal? Priority { get; init; }

    /// <summary>The class its owner gave to it (RFC 4480 §3.3), or null.</summary>
    public string? Class { get; init; }

    /// <summary>away, chat, dnd or xa (RFC 6121 §4.7.2.1), or null.</summary>
    public string? Show { get; init; }

    /// <summary>Texts, each in a language or none.</summary>
    public IReadOnlyList<PresenceNote> Notes { get; init; } = [];

    /// <summary>Since when nobody has touched the device (XEP-0319), or null.</summary>
    public DateTimeOffset? IdleSince { get; init; }

    /// <summary>True when a message sent there waits, if it is not read at once.</summary>
    public bool IsStored { get; init; }

    /// <summary>OTHER PRESENCE MARKUP of RPID (RFC 4480), as it was published.</summary>
    public IReadOnlyList<Element> Markup { get; init; } = [];

    /// <summary>When that was said, or null.</summary>
    public DateTimeOffset? Timestamp { get; init; }
}

/// <summary>A text for people.</summary>
/// <param name="Text">The text.</param>
/// <param name="Language">Its language (BCP 47), or null.</param>
public readonly record struct PresenceNote(string Text, string? Language);
