using System.Globalization;

namespace PresenceXml.Protocol.Stanzas;

/// <summary>What a notification says.</summary>
public enum PresenceType { Available, Unavailable, Error }

/// <summary>A NOTIFICATION (RFC 2778): availability, or an error about one.</summary>
public sealed record Presence : Stanza
{
    public PresenceType Type { get; init; }
    public override string LocalName => "presence";
    public override string? TypeText => Type switch
    {
        PresenceType.Unavailable => "unavailable",
        PresenceType.Error => "error",
        _ => null,
    };
    public override bool IsError => Type == PresenceType.Error;

    /// <summary>Priority −128…127; 0 when absent or illegal (RFC 6121 §4.7.2.3).</summary>
    public int Priority =>
        sbyte.TryParse(Content.Text("priority"), NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out sbyte priority)
            ? priority
            : 0;
}
