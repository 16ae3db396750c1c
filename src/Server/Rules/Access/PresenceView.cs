using System.Collections.Immutable;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Rules.Access;

/// <summary>What of a presentity's presence one watcher sees (RFC 5025 §3.3). Immutable; every path renders with it.</summary>
public sealed class PresenceView
{
    private readonly ImmutableDictionary<string, string> classes;

    private PresenceView(ImmutableDictionary<string, string> classes) => this.classes = classes;

    internal PresenceView(ImmutableDictionary<string, string> classes, PresenceParts parts)
        : this(classes) => Parts = parts;

    /// <summary>Everything as it is.</summary>
    public static readonly PresenceView All = new(ImmutableDictionary<string, string>.Empty, PresenceParts.All) { ShowsAllTuples = true };

    /// <summary>True when nothing is changed or left out; <see cref="Apply(Notification, Notification?)"/> gives back what it got.</summary>
    public bool IsAll => ReferenceEquals(this, All);

    /// <summary>The parts that are shown.</summary>
    public PresenceParts Parts { get; }

    /// <summary>Elements shown although their part is not (RFC 5025 §3.3.3, <c>provide-unknown-attribute</c>).</summary>
    public ImmutableHashSet<QName> Named { get; init; } = [];

    /// <summary>Elements hidden although their part is shown.</summary>
    public ImmutableHashSet<QName> Hidden { get; init; } = [];

    /// <summary>True: every tuple but the <see cref="HiddenTuples"/>; false: the <see cref="ShownTuples"/> only.</summary>
    public bool ShowsAllTuples { get; init; }

    public TupleChoice ShownTuples { get; init; } = TupleChoice.None;

    public TupleChoice HiddenTuples { get; init; } = TupleChoice.None;

    /// <summary>What is shown in place of what is, or null.</summary>
    public Substitute? Substitute { get; init; }

    /// <summary>Times are rounded down to this; zero: as they are.</summary>
    public TimeSpan Fuzz { get; init; }

    /// <summary>The class the presentity gave to a tuple (RFC 4480 §3.3), or null.</summary>
    public string? ClassOf(string tuple) => classes.GetValueOrDefault(tuple);

    /// <summary>Is a tuple of this id, class and URI scheme shown?</summary>
    public bool Shows(string id, string? label, string scheme) =>
        IsAll || ((ShowsAllTuples || ShownTuples.Has(id, label, scheme)) && (HiddenTuples.IsEmpty || !HiddenTuples.Has(id, label, scheme)));

    /// <summary>Is this part shown?</summary>
    public bool Shows(PresenceParts part) => (Parts & part) == part;

    /// <summary>Is this element of a presence stanza shown?</summary>
    public bool Shows(QName child)
    {
        if (Hidden.Contains(child))
            return false;
        PresenceParts part = PresencePart.Of(child);
        return Shows(part) || Named.Contains(child);
    }

    /// <summary>A time as this watcher is told it.</summary>
    public DateTimeOffset Apply(DateTimeOffset time) => Fuzz <= TimeSpan.Zero ? time : new DateTimeOffset(time.UtcTicks - (time.UtcTicks % Fuzz.Ticks), TimeSpan.Zero);

    /// <summary>Is this resource shown?</summary>
    /// <param name="resource">Its name.</param>
    /// <param name="presence">Its presence, which may name its class; null when it has none.</param>
    public bool ShowsResource(string resource, Notification? presence)
    {
        if (IsAll)
            return true;
        string? label = ClassOf(resource) ?? presence?.Content.Find(PresencePart.Rpid, "class")?.Text.Trim();
        return Shows(resource, label, "xmpp");
    }

    /// <summary>The notification as this watcher gets it; null when this resource is not shown, so that he sees it as unavailable.</summary>
    /// <param name="notification">Of a resource, available or unavailable.</param>
    /// <param name="last">For an unavailable one: what was said before, which may have named its class.</param>
    public Notification? Apply(Notification notification, Notification? last = null)
    {
        if (IsAll)
            return notification;
        if (notification.From?.Resource is { } resource && !ShowsResource(resource, last ?? notification))
            return null;
        StanzaContent content = notification.Content.Without((child, _) => !Shows(child.Name));
        if (Fuzz > TimeSpan.Zero)
            content = ViewTimes.Round(content, this);
        if (Substitute is { } other && notification.Type == PresenceType.Available)
            content = Replace(content, other);
        return ReferenceEquals(content, notification.Content) ? notification : notification with { Content = content };
    }

    private static StanzaContent Replace(StanzaContent content, Substitute other)
    {
        content = content.Without((child, _) => child.Name.Namespace is Namespaces.Client or Namespaces.Server
            && ((other.Show is not null && child.Name.Name == "show") || (other.Note is not null && child.Name.Name == "status")));
        if (other.Show is { Length: > 0 } show)
            content = content.With(new Element(Namespaces.Client, "show", show));
        if (other.Note is { Length: > 0 } note)
            content = content.With(new Element(Namespaces.Client, "status", note));
        return content;
    }
}
