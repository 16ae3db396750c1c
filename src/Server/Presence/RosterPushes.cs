using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Presence;

/// <summary>Roster pushes (RFC 6121 §2.1.6).</summary>
internal static class RosterPushes
{
    private static readonly XmlAttribute Ask = new(new QName("", "ask"), "subscribe");
    private static readonly XmlAttribute Approved = new(new QName("", "approved"), "true");
    private static readonly XmlAttribute Removed = new(new QName("", "subscription"), "remove");

    /// <summary>Tells every interested resource. Under the gate.</summary>
    public static void Send(Presentity presentity, RosterChange? change)
    {
        if (change is not { } told)
            return;
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (session.IsInterested)
                Send(presentity, session, told);
        }
    }

    /// <summary>Tells one resource. Under the gate.</summary>
    public static void Send(Presentity presentity, ClientSession session, RosterChange change)
    {
        string version = presentity.Roster.VersionAt(change.Version);
        Element item = change.Item is { } kept ? ToElement(kept) : new Element(Namespaces.Roster, "item", Attribute("jid", change.Contact.ToString()), Removed);
        session.Push(new Iq
        {
            Type = IqType.Set,
            Id = string.Create(CultureInfo.InvariantCulture, $"push-{change.Version}"),
            To = session.Address,
            Content = StanzaContent.Of(new Element(Namespaces.Roster, "query", Attribute("ver", version), item)),
        });
    }

    /// <summary>An item as a client sees it (RFC 6121 §2.1.2).</summary>
    public static Element ToElement(RosterItem item)
    {
        var nodes = new List<object?>(5 + item.Groups.Count)
        {
            Attribute("jid", item.Jid.ToString()),
            item.Name is { } name ? Attribute("name", name) : null,
            Attribute("subscription", item.State.ToAttribute()),
            item.State.HasPendingOut() ? Ask : null,
            item.Approved ? Approved : null,
        };
        foreach (string group in item.Groups)
            nodes.Add(new Element(Namespaces.Roster, "group", group));
        return new Element(Namespaces.Roster, "item", [.. nodes]);
    }

    private static XmlAttribute Attribute(string name, string value) => new(new QName("", name), value);
}
