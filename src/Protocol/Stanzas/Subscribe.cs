namespace PresenceXml.Protocol.Stanzas;

/// <summary>The four subscription types (RFC 6121 §3).</summary>
public enum SubscribeType { Subscribe, Subscribed, Unsubscribe, Unsubscribed }

/// <summary>Presence of a subscription type (RFC 6121 §3).</summary>
public sealed record Subscribe : Stanza
{
    public SubscribeType Type { get; init; }
    public override string LocalName => "presence";
    public override string? TypeText => Type switch
    {
        SubscribeType.Subscribe => "subscribe",
        SubscribeType.Subscribed => "subscribed",
        SubscribeType.Unsubscribe => "unsubscribe",
        _ => "unsubscribed",
    };
    public override bool IsError => false;
}

/// <summary>A FETCH (RFC 2778): presence of type probe (RFC 6121 §4.3).</summary>
public sealed record Fetch : Stanza
{
    public override string LocalName => "presence";
    public override string? TypeText => "probe";
    public override bool IsError => false;
}
