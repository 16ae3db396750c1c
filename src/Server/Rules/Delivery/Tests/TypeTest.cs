using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>What it is: <c>normal</c>, <c>chat</c>, <c>groupchat</c>, <c>headline</c> (RFC 6121 §5.2.2), <c>message</c> for all four, <c>request</c> (for a subscription), <c>invitation</c>.</summary>
/// <param name="Kinds">One of them.</param>
internal sealed record TypeTest(string Kinds) : DeliveryTest
{
    public static readonly string[] Known = ["normal", "chat", "groupchat", "headline", "message", "request", "invitation"];

    private readonly string[] kinds = Kinds.Split(' ');

    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        foreach (string kind in kinds)
        {
            if (Is(question, kind))
                return true;
        }
        return false;
    }

    public override Element ToElement() => Element("type", ("is", Kinds));

    public bool Equals(TypeTest? other) => other is not null && Kinds == other.Kinds;

    public override int GetHashCode() => Kinds.GetHashCode(StringComparison.Ordinal);

    private static bool Is(DeliveryQuestion question, string kind) => question.Stanza is not Message message
        ? kind == "request"
        : kind switch
        {
            "message" => true,
            "request" => false,
            "invitation" => question.IsInvitation,
            "normal" => message.Type == MessageType.Normal,
            "chat" => message.Type == MessageType.Chat,
            "groupchat" => message.Type == MessageType.Groupchat,
            _ => message.Type == MessageType.Headline,
        };
}
