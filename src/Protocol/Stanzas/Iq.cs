using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Stanzas;

/// <summary>The types of an iq (RFC 6120 §8.2.3).</summary>
public enum IqType { Get, Set, Result, Error }

/// <summary>An iq stanza (RFC 6120 §8.2.3).</summary>
public sealed record Iq : Stanza
{
    public required IqType Type { get; init; }
    public override string LocalName => "iq";
    public override string? TypeText => Type switch
    {
        IqType.Get => "get",
        IqType.Set => "set",
        IqType.Result => "result",
        _ => "error",
    };
    public override bool IsError => Type == IqType.Error;
    public bool IsRequest => Type is IqType.Get or IqType.Set;

    /// <summary>The result for this request with swapped addresses, and a payload or none.</summary>
    public Iq ToResult(Element? payload = null) => new()
    {
        Type = IqType.Result,
        From = To,
        To = From,
        Id = Id,
        Content = payload is null ? StanzaContent.Empty : StanzaContent.Of(payload),
    };
}
