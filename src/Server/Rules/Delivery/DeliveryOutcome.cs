using System.Collections.Immutable;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Rules.Delivery.Tests;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>What an account's rules make of one stanza. Immutable.</summary>
internal sealed record DeliveryOutcome
{
    /// <summary>Nothing out of the ordinary: the one object of nearly every stanza.</summary>
    public static readonly DeliveryOutcome Kept = new();

    /// <summary>Keep, file, reject or discard.</summary>
    public DeliveryActionKind Disposition { get; init; } = DeliveryActionKind.Keep;

    /// <summary>Of file: the box.</summary>
    public string? Box { get; init; }

    /// <summary>Of reject: what the sender is told.</summary>
    public StanzaError? Error { get; init; }

    /// <summary>Of reject: null error or not, it is answered as an account that does not exist would.</summary>
    public bool IsHidden { get; init; }

    public ImmutableArray<string> Flags { get; init; } = [];

    public bool IsQuiet { get; init; }

    /// <summary>Deliver-to, or null.</summary>
    public DeliveryAction? Only { get; init; }

    /// <summary>Reply, or null.</summary>
    public DeliveryAction? Reply { get; init; }

    /// <summary>The name of the rule that replies.</summary>
    public string? Replier { get; init; }

    /// <summary>Redirect, or null.</summary>
    public DeliveryAction? Redirect { get; init; }

    /// <summary>Report, or null.</summary>
    public DeliveryAction? Report { get; init; }

    /// <summary>Does this resource get it, as far as <see cref="Only"/> says so?</summary>
    public bool IsFor(ClientSession session) => Only is not { } only
        || (only.Resource is { } resource ? ResourceTest.Fits(resource, session.Address.Resource)
            : session.LastPresence?.Content.Find("urn:ietf:params:xml:ns:pidf:rpid", "class")?.Text.Trim() == only.Class);

    /// <summary>True when something is sent or written down beside the delivery.</summary>
    public bool HasErrands => Reply is not null || Redirect is not null || Report is not null;

    /// <summary>True when it goes no further.</summary>
    public bool IsRefused => Disposition is DeliveryActionKind.Reject or DeliveryActionKind.Discard;

    /// <summary>True when the sender hears that it goes no further.</summary>
    public bool IsTold => Disposition == DeliveryActionKind.Reject && !IsHidden;

    /// <summary>Does this resource get it now?</summary>
    public bool IsShownTo(ClientSession session) => IsShown && IsFor(session);

    /// <summary>True when it goes to the resources that are there now, as far as <see cref="Only"/> lets it.</summary>
    public bool IsShown => Disposition == DeliveryActionKind.Keep && !IsQuiet;
}
