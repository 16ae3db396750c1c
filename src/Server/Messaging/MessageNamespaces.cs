namespace PresenceXml.Server.Messaging;

/// <summary>What messages may hold, by which it is decided whether they are stored, copied or can wait.</summary>
internal static class MessageNamespaces
{
    /// <summary>XEP-0334: Message Processing Hints.</summary>
    public const string Hints = "urn:xmpp:hints";

    /// <summary>XEP-0085: Chat State Notifications.</summary>
    public const string ChatStates = "http://jabber.org/protocol/chatstates";

    /// <summary>XEP-0184: Message Delivery Receipts.</summary>
    public const string Receipts = "urn:xmpp:receipts";

    /// <summary>XEP-0313: Message Archive Management.</summary>
    public const string Archive = "urn:xmpp:mam:2";

    /// <summary>XEP-0333: Displayed Markers.</summary>
    public const string Markers = "urn:xmpp:chat-markers:0";

    /// <summary>XEP-0045: what a room says of its occupants, and invitations through it.</summary>
    public const string Rooms = "http://jabber.org/protocol/muc#user";

    /// <summary>XEP-0249: Direct MUC Invitations.</summary>
    public const string DirectInvitation = "jabber:x:conference";

    /// <summary>XEP-0060: events of nodes.</summary>
    public const string Events = "http://jabber.org/protocol/pubsub#event";
}
