using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules.Commands;

/// <summary>Service discovery of commands (XEP-0050 §2), for who may give them.</summary>
internal static class CommandInfo
{
    private const string InfoNs = "http://jabber.org/protocol/disco#info";
    private const string ItemsNs = "http://jabber.org/protocol/disco#items";

    public static ValueTask<IqReply> OfList(IqContext iq, CancellationToken cancel) => new(
        MayCommand(iq)
            ? Info(CommandsModule.Ns, "command-list", "Commands", CommandsModule.Ns)
            : Refusal(iq));

    public static IqReply Of(IqContext iq, AccountCommand command) => MayCommand(iq)
        ? Info(command.Node, "command-node", command.Name, CommandsModule.Ns, DataForm.Ns)
        : Refusal(iq);

    public static IqReply Items(IqContext iq, CommandTable commands) => MayCommand(iq)
        ? new Element(ItemsNs, "query", new XmlAttribute("node", CommandsModule.Ns), commands.All.Select(command => new Element(
            ItemsNs, "item",
            new XmlAttribute("jid", iq.Target.ToString()), new XmlAttribute("node", command.Node), new XmlAttribute("name", command.Name))))
        : Refusal(iq);

    public static IqReply NoItems(IqContext iq) => MayCommand(iq) ? new Element(ItemsNs, "query", new XmlAttribute("node", iq.Payload["node"]!)) : Refusal(iq);

    private static bool MayCommand(IqContext iq) => iq.Session is { } session && (iq.IsOwner || (iq.Presentity is null && session.Address.Domain == iq.Target.Domain));

    // As for a node that is not there; at an account, as for one that is not.
    private static StanzaError Refusal(IqContext iq) => iq.Presentity is null ? StanzaError.ItemNotFound : StanzaError.ServiceUnavailable;

    private static IqReply Info(string node, string type, string name, params IEnumerable<string> features) => new Element(
        InfoNs, "query",
        new XmlAttribute("node", node),
        new Element(InfoNs, "identity", new XmlAttribute("category", "automation"), new XmlAttribute("type", type), new XmlAttribute("name", name)),
        features.Select(feature => new Element(InfoNs, "feature", new XmlAttribute("var", feature))));
}
