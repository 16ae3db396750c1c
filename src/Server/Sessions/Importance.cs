using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Messaging;

namespace PresenceXml.Server.Sessions;

/// <summary>What can wait while nobody looks at a client (XEP-0352 1.0 §3.2). What is not known to be able to is important.</summary>
internal static class Importance
{
    public const string Ns = "urn:xmpp:csi:0";

    /// <summary>Presence, and messages that have nothing to read: chat states, receipts, markers, events. Never an error, an iq, a subscription.</summary>
    /// <param name="entry">What waits for the client.</param>
    /// <param name="account">The client's account.</param>
    public static bool CanWait(in OutboxEntry entry, Jid account) => entry switch
    {
        { Stanza: null } or { Form: OutboxForm.Copy } => false,
        { Stanza: Message { IsError: false } message } => CanWait(message, isSent: entry.Form == OutboxForm.Carbon && message.From?.Bare == account),
        _ => entry.Stanza is Protocol.Stanzas.Presence { IsError: false },
    };

    /// <summary>True for presence that makes an earlier one of the same sender needless. In a room each may tell something of its own: who was renamed, who was removed.</summary>
    public static bool IsSuperseding(Stanza? stanza) => stanza is Protocol.Stanzas.Presence presence && !presence.Content.Has(MessageNamespaces.Rooms, "x");

    private static bool CanWait(Message message, bool isSent)
    {
        IReadOnlyList<RawChild> children = message.Content.Children;
        for (int i = 0; i < children.Count; i++)
        {
            switch (children[i].Name.Namespace)
            {
                // What was read on another device need not be shown on this one any more.
                case MessageNamespaces.Markers when isSent && children[i].Name.Name == "displayed":
                    return false;
                case MessageNamespaces.Markers or MessageNamespaces.ChatStates or MessageNamespaces.Receipts or MessageNamespaces.Events:
                case MessageNamespaces.Hints or Namespaces.StanzaId or Namespaces.Delay:
                case Namespaces.Client when children[i].Name.Name == "thread":
                    break;
                default:
                    return false;
            }
        }
        return true;
    }
}
