using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules.Access;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>How a virtual tuple is shown to watchers who know notifications only.</summary>
public enum TupleShownAs
{
    /// <summary>Not at all: it is in documents.</summary>
    Nothing,

    /// <summary>Its note stands in place of the last farewell while no resource is seen.</summary>
    Status,

    /// <summary>As a resource with its id for a name, of negative priority: nobody sends messages to it.</summary>
    Resource,
}

/// <summary>
/// A PRESENCE TUPLE that its owner has put down, and that holds whether or not any client of his is connected (RFC 2778 §2.1). Immutable.
/// </summary>
/// <param name="Id">Names it among the owner's; a resourcepart (RFC 7622).</param>
/// <param name="IsOpen">OPEN or CLOSED.</param>
public sealed record VirtualTuple(string Id, bool IsOpen)
{
    public const string Ns = "urn:x-presencexml:tuple:0";

    /// <summary>The communication address, a URI; null: the account's own inbox.</summary>
    public string? Contact { get; init; }

    /// <summary>The scheme of the communication address.</summary>
    internal string Means => Contact is { } contact ? contact[..contact.IndexOf(':', StringComparison.Ordinal)] : "im";

    /// <summary>away, chat, dnd, xa, or null.</summary>
    public string? Show { get; init; }

    public IReadOnlyList<PresenceNote> Notes { get; init; } = [];

    /// <summary>The class for access rules, or null.</summary>
    public string? Class { get; init; }

    /// <summary>When it ends by itself; null: never.</summary>
    public DateTimeOffset? Until { get; init; }

    public TupleShownAs ShownAs { get; init; }

    /// <summary>When it was put down.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>True when it does not hold any more.</summary>
    public bool IsOver(DateTimeOffset now) => Until is { } until && until <= now;

    /// <summary>The notification that stands for it, without <c>to</c>.</summary>
    internal Notification ToNotification(Jid presentity)
    {
        if (!presentity.TryWithResource(Id, out Jid? resource))
            throw new InvalidOperationException($"{Id} does not do as a resource.");
        var children = new List<Element>();
        if (Show is { } show)
            children.Add(new Element(Namespaces.Client, "show", show));
        children.AddRange(Notes.Select(static note => new Element(Namespaces.Client, "status", note.Language is { } language ? XmlAttribute.Lang(language) : null, note.Text)));
        children.Add(new Element(Namespaces.Client, "priority", "-128"));
        if (Class is { } label)
            children.Add(new Element(PresencePart.Rpid, "class", label));
        return new Notification { From = resource, Content = StanzaContent.Of([.. children]) };
    }

    /// <summary>As it is written on the wire and in the store.</summary>
    internal Element ToElement() => new(
        Ns, "tuple",
        new XmlAttribute("id", Id),
        Until is { } until ? new XmlAttribute("until", Write(until)) : null,
        new XmlAttribute("shown-as", ShownAs switch { TupleShownAs.Resource => "resource", TupleShownAs.Status => "status", _ => "nothing" }),
        new XmlAttribute("at", Write(Time)),
        new Element(Ns, "basic", IsOpen ? "open" : "closed"),
        Show is { } show ? new Element(Ns, "show", show) : null,
        Contact is { } contact ? new Element(Ns, "contact", contact) : null,
        Class is { } label ? new Element(Ns, "class", label) : null,
        Notes.Select(static note => new Element(Ns, "note", note.Language is { } language ? XmlAttribute.Lang(language) : null, note.Text)));

    private static string Write(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
