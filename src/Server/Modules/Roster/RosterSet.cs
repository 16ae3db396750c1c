using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules.Roster;

/// <summary>What a roster set asks for (RFC 6121 §2.3, §2.5); ask, approved and every subscription but remove are the server's and ignored (§2.1.2).</summary>
internal sealed record RosterSet(Jid Contact, bool IsRemoval, string? Name, IReadOnlyList<string> Groups)
{
    // The limit RFC 7622 gives a localpart; longer names are no handle a client could show.
    private const int MaxNameBytes = 1023;
    private const int MaxGroups = 128;

    /// <summary>Null when it is in order (§2.3.3).</summary>
    public static StanzaError? Read(Element query, out RosterSet? set)
    {
        set = null;
        Element[] children = [.. query.Children];
        if (children.Length != 1 || !children[0].Is(Namespaces.Roster, "item"))
            return StanzaError.BadRequest with { Text = "a roster set holds exactly one item" };
        Element item = children[0];
        if (item["jid"] is not { } text)
            return StanzaError.BadRequest with { Text = "an item needs a jid" };
        if (!Jid.TryParse(text, out Jid? contact))
            return StanzaError.JidMalformed;
        if (item["subscription"] == "remove")
        {
            set = new RosterSet(contact, true, null, []);
            return null;
        }

        string? name = item["name"] is { Length: > 0 } given ? given : null;
        if (name is not null && Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
            return StanzaError.NotAcceptable with { Text = "the name is too long" };
        var groups = new List<string>();
        foreach (Element child in item.Children)
        {
            if (!child.Is(Namespaces.Roster, "group"))
                continue;
            string group = child.Text;
            if (group.Length == 0)
                return StanzaError.NotAcceptable with { Text = "a group needs a name" };
            if (Encoding.UTF8.GetByteCount(group) > MaxNameBytes)
                return StanzaError.NotAcceptable with { Text = "a group's name is too long" };
            if (groups.Contains(group, StringComparer.Ordinal))
                return StanzaError.BadRequest with { Text = "a group is named twice" };
            if (groups.Count == MaxGroups)
                return StanzaError.NotAcceptable with { Text = "too many groups" };
            groups.Add(group);
        }
        set = new RosterSet(contact, false, name, groups);
        return null;
    }
}
