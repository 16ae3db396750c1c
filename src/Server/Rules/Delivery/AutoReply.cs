using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules.Delivery.Tests;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>The answer that a rule gives by itself, and to whom never: two that answer each other must fall silent at the first word.</summary>
internal static class AutoReply
{
    private const string Hints = "urn:xmpp:hints";
    private const string Rooms = "http://jabber.org/protocol/muc#user";
    private const string Events = "http://jabber.org/protocol/pubsub#event";

    /// <summary>The element that says that a message is such an answer.</summary>
    public const string Marker = "auto-reply";

    /// <summary>Why nothing is said; null: it is.</summary>
    public static string? WhyNot(DeliveryQuestion question, string rule, DeliveryAction action)
    {
        Jid sender = question.From;
        if (sender.Bare == question.Surroundings.Account)
            return "it is from the account itself";
        if (!sender.HasLocal)
            return "it is from a server";
        if (question.Stanza is Message message && WhyNot(message) is { } reason)
            return reason;
        if (!action.Discloses && !question.Surroundings.MayLearn(sender))
            return "the sender may not know that the account exists";
        return question.Surroundings.Replied(rule, sender.Bare) is { } last && question.Surroundings.Now - last < action.Every
            ? "the sender was answered already"
            : null;
    }

    /// <summary>The answer: to who sent it, in the name of the account.</summary>
    public static Message Make(Jid account, Stanza answered, string text)
    {
        var content = StanzaContent.Of(
            new Element(Namespaces.Client, "body", text),
            new Element(DeliveryTest.Ns, Marker),
            // XEP-0334 1.0.0 §4.2, §4.3: it is said to who is there, and there is nothing in it to keep or to copy.
            new Element(Hints, "no-store"),
            new Element(Hints, "no-copy"));
        if (answered is Message { Content: var asked } && asked.Find(null, "thread") is { } thread)
            content = content.With(thread);
        return new Message { Type = answered is Message { Type: MessageType.Chat } ? MessageType.Chat : MessageType.Normal, From = account, To = answered.From, Content = content };
    }

    // As RFC 3834 §2 has it of mail: nothing is said to a machine, to many at once, or to what was not said to this account now.
    private static string? WhyNot(Message message)
    {
        StanzaContent content = message.Content;
        return message.Type is not (MessageType.Chat or MessageType.Normal) ? $"it is of type {message.TypeText}"
            : !content.Has(null, "body") ? "nothing is said in it"
            : content.Has(DeliveryTest.Ns, Marker) ? "it is an automatic answer itself"
            : content.Has(DeliveryTest.Ns, Redirection.Marker) ? "it was sent on by somebody"
            : content.Has(Hints, "no-store") || content.Has(Hints, "no-storage") ? "it asks not to be stored, as automatic answers do"
            : content.Has(Namespaces.Delay, "delay") ? "it is not of now"
            : content.Has(Rooms, "x") ? "it comes by way of a room"
            : content.Has(Events, "event") ? "it is an event"
            : IsOfList(content) ? "it is of a mailing list or of a machine"
            : null;
    }

    private static bool IsOfList(StanzaContent content) =>
        content.Find(HeaderTest.Headers, "headers") is { } headers && headers.Children.Any(static header => header["name"] is { } name
            && (name.StartsWith("List-", StringComparison.OrdinalIgnoreCase) || name.Equals("Precedence", StringComparison.OrdinalIgnoreCase)
                || (name.Equals("Auto-Submitted", StringComparison.OrdinalIgnoreCase) && !header.Text.Equals("no", StringComparison.OrdinalIgnoreCase))));
}
