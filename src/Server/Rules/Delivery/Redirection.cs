using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>A copy of a message or a request that a rule sends on (XEP-0297 1.0): never in a circle, never far, and only to who has shown that he knows the account.</summary>
internal static class Redirection
{
    public const int MaxHops = 3;

    /// <summary>The element that tells by whom it was sent on, the first one first.</summary>
    public const string Marker = "redirected";

    /// <summary>The box of the own copy that is not to be shown: nothing is lost where the other does not get it (D4).</summary>
    public const string Box = "bin";

    private const string Hints = "urn:xmpp:hints";
    private const string Forwarding = "urn:xmpp:forward:0";

    /// <summary>Why it is not sent on; null: it is.</summary>
    public static string? WhyNot(DeliveryQuestion question, DeliveryAction action)
    {
        Jid to = action.To!.Bare, account = question.Surroundings.Account;
        if (question.Stanza is Message { Type: not (MessageType.Chat or MessageType.Normal) } message)
            return $"it is of type {message.TypeText}";
        if (to == account || to == question.From.Bare)
            return "it would go back";
        List<string> hops = Hops(question.Stanza);
        if (hops.Count >= MaxHops)
            return $"it was sent on {MaxHops} times already";
        if (hops.Contains(account.ToString()) || hops.Contains(to.ToString()))
            return "it would go round in a circle";
        // Who asked to see this account's presence knows it; anybody else could be flooded by way of a rule.
        return question.Surroundings.Contact(to)?.State.HasFrom() == true ? null : $"{to} is not subscribed to the account's presence";
    }

    /// <summary>What is sent: in the name of the account, readable for who knows nothing of forwarding.</summary>
    /// <param name="account">Who sends it on.</param>
    /// <param name="to">To whom.</param>
    /// <param name="stanza">What came.</param>
    /// <param name="came">When.</param>
    public static Message Make(Jid account, Jid to, Stanza stanza, DateTimeOffset came)
    {
        string said = stanza is Message message ? message.Content.Text("body") ?? "" : "";
        string text = stanza is Subscribe ? $"{stanza.From} asks to see the presence of {account}." : $"{stanza.From} to {account}: {said}";
        string stamp = came.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        StanzaContent content = StanzaContent.Of(
            new Element(Namespaces.Client, "body", text),
            new Element(DeliveryTest.Ns, Marker, Hops(stanza).Append(account.ToString()).Select(static by => new Element(DeliveryTest.Ns, "by", by))),
            new Element(Forwarding, "forwarded",
                new Element(Namespaces.Delay, "delay", new XmlAttribute("stamp", stamp)),
                ToElement(stanza)));
        // What its sender does not want stored is not, by whoever gets it.
        if (stanza.Content.Find(Hints, "no-store") is { } hint)
            content = content.With(hint);
        return new Message
        {
            Type = stanza is Message { Type: MessageType.Chat } ? MessageType.Chat : MessageType.Normal,
            From = account,
            To = to,
            Content = content,
        };
    }

    /// <summary>A stanza as an element that stands in another.</summary>
    public static Element ToElement(Stanza stanza) => Element.Parse(StanzaWriter.ToCanonical(stanza));

    private static List<string> Hops(Stanza stanza) =>
        stanza.Content.Find(DeliveryTest.Ns, Marker) is { } marker ? [.. marker.Children.Take(MaxHops + 1).Select(static by => by.Text)] : [];
}
