using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Access;

/// <summary>Rounds the times in a presence stanza, so that a watcher cannot follow each step (STALKING, RFC 2778 §2.4).</summary>
internal static class ViewTimes
{
    /// <summary>Since when somebody is idle (XEP-0319), and when a presence was sent (XEP-0203).</summary>
    public static StanzaContent Round(StanzaContent content, PresenceView view)
    {
        foreach (RawChild child in content.Children)
        {
            string? attribute = child.Name switch
            {
                { Namespace: "urn:xmpp:idle:1", Name: "idle" } => "since",
                { Namespace: Namespaces.Delay, Name: "delay" } => "stamp",
                _ => null,
            };
            if (attribute is null)
                continue;
            Element element = content.Child(child);
            content = content.Without((other, _) => other.Start == child.Start);
            // What is no time is not told either.
            if (DateTimeOffset.TryParse(element[attribute], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
                return Round(content, view).With(element.With(attribute, view.Apply(time).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
            return Round(content, view);
        }
        return content;
    }
}
