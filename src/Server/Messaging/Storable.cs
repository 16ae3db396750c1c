using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;

namespace PresenceXml.Server.Messaging;

/// <summary>Which messages go into the logs of both accounts (XEP-0160 §3, XEP-0334 1.0.0).</summary>
internal static class Storable
{
    /// <summary>
    /// A one-to-one message that says something. Not headline, groupchat or error; not what only tells a chat state; not what asks not
    /// to be stored. A hint to store wins over the lack of substance, never over a hint not to.
    /// </summary>
    public static bool IsStorable(Message message)
    {
        if (message.Type is not (MessageType.Normal or MessageType.Chat))
            return false;
        bool hasSubstance = false;
        IReadOnlyList<RawChild> children = message.Content.Children;
        for (int i = 0; i < children.Count; i++)
        {
            string ns = children[i].Name.Namespace;
            string name = children[i].Name.Name;
            switch (ns)
            {
                case MessageNamespaces.Hints when name is "no-store" or "no-storage":
                    return false;
                case MessageNamespaces.Hints:
                    hasSubstance |= name == "store";
                    break;
                case MessageNamespaces.ChatStates or Namespaces.StanzaId or Namespaces.Delay:
                    break;
                case Namespaces.Client or Namespaces.Server when name == "thread":
                    break;
                default:
                    hasSubstance = true;
                    break;
            }
        }
        return hasSubstance;
    }

    /// <summary>
    /// A message that may wait for its recipient and is in no log afterwards, nor ever in its sender's (XEP-0334 §4.1: no-permanent-store
    /// forbids archives, not "temporary" storage for an offline recipient, which is no-store's matter).
    /// </summary>
    public static bool IsForDeliveryOnly(Message message) =>
        message.Content.Has(MessageNamespaces.Hints, "no-permanent-store") || message.Content.Has(MessageNamespaces.Hints, "no-permanent-storage");
}
