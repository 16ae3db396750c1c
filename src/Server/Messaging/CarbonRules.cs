using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;

namespace PresenceXml.Server.Messaging;

/// <summary>
/// Which messages the other resources of an account see (XEP-0280 1.0.1 §6.1, all of <c>urn:xmpp:carbons:rules:0</c>; XEP-0334 1.0.0 §4.3).
/// Errors are no matter of content: see <see cref="CopiedMessages"/>.
/// </summary>
internal static class CarbonRules
{
    public const string Ns = "urn:xmpp:carbons:2";

    /// <summary>True for what its sender's other resources see as sent.</summary>
    public static bool IsEligible(Message message) => IsEligible(message, received: false);

    /// <summary>True for what its recipient's other resources see as received.</summary>
    public static bool IsEligibleReceived(Message message) => IsEligible(message, received: true);

    /// <summary>True for a private message to an occupant of a room, as far as the message says so (XEP-0045 1.35 §7.5).</summary>
    public static bool IsToOccupant(Message message) =>
        message is { Type: not MessageType.Groupchat, To.IsFull: true } && message.Content.Has(MessageNamespaces.Rooms, "x");

    private static bool IsEligible(Message message, bool received)
    {
        if (message.Type is MessageType.Groupchat or MessageType.Error)
            return false;
        bool eligible = message.Type == MessageType.Chat;
        bool isOfRoom = false;
        bool isInvitation = false;
        IReadOnlyList<RawChild> children = message.Content.Children;
        for (int i = 0; i < children.Count; i++)
        {
            string name = children[i].Name.Name;
            switch (children[i].Name.Namespace)
            {
                case Ns when name == "private":
                case MessageNamespaces.Hints when name == "no-copy":
                    return false;
                case MessageNamespaces.ChatStates or MessageNamespaces.Receipts or MessageNamespaces.Markers:
                    eligible = true;
                    break;
                case Namespaces.Client when name == "body":
                    eligible |= message.Type == MessageType.Normal;
                    break;
                case MessageNamespaces.DirectInvitation when name == "x":
                    isInvitation = true;
                    break;
                case MessageNamespaces.Rooms when name == "x":
                    isOfRoom = true;
                    isInvitation |= message.Content.Child(i).Child(MessageNamespaces.Rooms, "invite") is not null;
                    break;
                default:
                    break;
            }
        }
        // A room sends to each joined resource by itself what an occupant says in private.
        return isInvitation || (eligible && !(received && isOfRoom && message.From!.IsFull));
    }
}
