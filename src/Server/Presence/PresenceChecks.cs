using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence;

/// <summary>What RFC 6121 §4.7 asks of the children of a notification.</summary>
internal static class PresenceChecks
{
    /// <summary>Null when it is in order.</summary>
    public static StanzaError? Check(Notification presence)
    {
        int shows = 0;
        int priorities = 0;
        int statuses = 0;
        foreach (RawChild child in presence.Content.Children)
        {
            if (child.Name.Namespace is not (Namespaces.Client or Namespaces.Server))
                continue;
            switch (child.Name.Name)
            {
                case "show": shows++; break;
                case "priority": priorities++; break;
                case "status": statuses++; break;
            }
        }
        if (shows > 1)
            return Bad("at most one show");
        if (shows == 1 && presence.Content.Text("show") is not ("away" or "chat" or "dnd" or "xa"))
            return Bad("show is one of away, chat, dnd, xa");
        if (priorities > 1)
            return Bad("at most one priority");
        if (priorities == 1 && !IsPriority(presence.Content.Text("priority")))
            return Bad("priority is a number from -128 to 127");
        return statuses > 1 && !HaveDistinctLanguages(presence) ? Bad("several status elements need different languages") : null;
    }

    private static bool IsPriority(string? text) =>
        sbyte.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out _);

    private static bool HaveDistinctLanguages(Notification presence)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < presence.Content.Children.Count; i++)
        {
            RawChild child = presence.Content.Children[i];
            if (child.Name.Name == "status" && child.Name.Namespace is Namespaces.Client or Namespaces.Server
                && !seen.Add(presence.Content.Child(i).Attribute(new Protocol.Xml.QName(Namespaces.Xml, "lang")) ?? ""))
                return false;
        }
        return true;
    }

    private static StanzaError Bad(string text) => StanzaError.BadRequest with { Text = text };
}
