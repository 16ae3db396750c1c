using System.Collections.Immutable;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>Marks that rules put on messages: <c>&lt;flag by='account' name='…'/&gt;</c>. As with stanza-ids, only this server gives them in the account's name.</summary>
internal static class DeliveryFlags
{
    private const string Name = "flag";

    public static StanzaContent Add(StanzaContent content, Jid account, ImmutableArray<string> flags)
    {
        foreach (string flag in flags)
            content = content.With(new Element(DeliveryTest.Ns, Name, new XmlAttribute("by", account.ToString()), new XmlAttribute("name", flag)));
        return content;
    }

    /// <summary>Cuts out what somebody else said in the account's name.</summary>
    public static StanzaContent WithoutForgedFlags(this StanzaContent content, Jid account) => !content.Has(DeliveryTest.Ns, Name) ? content
        : content.Without((child, within) => child.Name is { Namespace: DeliveryTest.Ns, Name: Name } && IsOf(within, child, account));

    private static bool IsOf(StanzaContent content, RawChild flag, Jid account) =>
        Jid.TryParse(content.Child(flag)["by"] ?? "", out Jid? by) && by.Bare == account;
}
