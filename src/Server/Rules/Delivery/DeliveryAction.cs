using System.Xml;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>One action of a delivery rule. Immutable; what does not belong to its kind is not set.</summary>
internal sealed record DeliveryAction(DeliveryActionKind Kind)
{
    private static readonly string[] Names = ["keep", "fileinto", "reject", "discard", "flag", "quiet", "deliver-to", "reply", "redirect", "report", "stop"];

    /// <summary>Of fileinto: the box.</summary>
    public string? Box { get; init; }

    /// <summary>Of flag: its name.</summary>
    public string? Flag { get; init; }

    /// <summary>Of deliver-to: a resource; a <c>*</c> at its end stands for whatever follows.</summary>
    public string? Resource { get; init; }

    /// <summary>Of deliver-to: resources whose presence has this class (RFC 4480 §3.3).</summary>
    public string? Class { get; init; }

    /// <summary>Of reject: what the sender is told, if he may be told anything.</summary>
    public StanzaError? Error { get; init; }

    /// <summary>Of reply: what is said.</summary>
    public string? Text { get; init; }

    /// <summary>Of reply: how long nothing is said to the same sender again.</summary>
    public TimeSpan Every { get; init; }

    /// <summary>Of redirect: to whom.</summary>
    public Jid? To { get; init; }

    /// <summary>Of redirect: false when the account's own copy is put out of sight.</summary>
    public bool KeepsCopy { get; init; } = true;

    /// <summary>Of reject and reply: true when also those may be told who may not know that the account exists.</summary>
    public bool Discloses { get; init; }

    /// <summary>Of report: spam or abuse (XEP-0377 0.4 §3).</summary>
    public string? Reason { get; init; }

    /// <summary>The name of the element.</summary>
    public string Name => NameOf(Kind);

    /// <summary>True when it says where the stanza goes.</summary>
    public bool IsDisposition => Kind <= DeliveryActionKind.Discard;

    public static string NameOf(DeliveryActionKind kind) => Names[(int)kind];

    /// <summary>Null: there is no such action.</summary>
    public static DeliveryActionKind? Find(string name) => Array.IndexOf(Names, name) is >= 0 and int index ? (DeliveryActionKind)index : null;

    /// <summary>As it stands in a rule.</summary>
    public Element ToElement()
    {
        var element = new Element(DeliveryTest.Ns, Name, Kind switch
        {
            DeliveryActionKind.Reject => Error!.Text,
            DeliveryActionKind.Reply => Text,
            _ => null,
        });
        (string Name, string? Value)[] attributes =
        [
            ("box", Box), ("name", Flag), ("resource", Resource), ("class", Class), ("condition", Error?.Condition),
            ("every", Kind == DeliveryActionKind.Reply ? XmlConvert.ToString(Every) : null), ("jid", To?.ToString()),
            ("copy", KeepsCopy ? null : "false"), ("disclose", Discloses ? "true" : null), ("reason", Reason),
        ];
        foreach ((string name, string? value) in attributes)
        {
            if (value is not null)
                element = element.With(name, value);
        }
        return element;
    }
}
