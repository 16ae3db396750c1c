namespace PresenceXml.Protocol.Stanzas;

/// <summary>The types of a message (RFC 6121 §5.2.2).</summary>
public enum MessageType { Normal, Chat, Groupchat, Headline, Error }

/// <summary>A message stanza (RFC 6121 §5).</summary>
public sealed record Message : Stanza
{
    public MessageType Type { get; init; }

    /// <summary>The type attribute as it came when it is none of the five (then treated as normal, RFC 6121 §5.2.2); written back unchanged.</summary>
    public string? UnknownType { get; init; }
    public override string LocalName => "message";
    public override string? TypeText => Type switch
    {
        MessageType.Chat => "chat",
        MessageType.Groupchat => "groupchat",
        MessageType.Headline => "headline",
        MessageType.Error => "error",
        _ => UnknownType,
    };
    public override bool IsError => Type == MessageType.Error;
}
