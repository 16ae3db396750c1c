using PresenceXml.Server.Rules.Privacy;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Rules.Access;

/// <summary>What one watcher may learn of one presentity now.</summary>
/// <param name="Handling">Whether at all.</param>
/// <param name="View">What of it, with <see cref="AccessHandling.Allow"/>.</param>
/// <param name="IsSubscribed">True for the principal itself and for a subscriber.</param>
public readonly record struct AccessDecision(AccessHandling Handling, PresenceView View, bool IsSubscribed)
{
    /// <summary>Everything, as the principal itself and, without rules, a subscriber sees it.</summary>
    public static readonly AccessDecision Everything = new(AccessHandling.Allow, PresenceView.All, true);

    /// <summary>Nothing: what a stranger gets.</summary>
    public static readonly AccessDecision Nothing = new(AccessHandling.Block, PresenceView.All, false);

    /// <summary>Resources that a privacy list keeps from him (XEP-0016); null: none.</summary>
    public HiddenResources? Hidden { get; init; }

    /// <summary>True when presence is shown.</summary>
    public bool IsAllowed => Handling == AccessHandling.Allow;

    /// <summary>What he sees of a resource that said this last; null: nothing, as if it were off.</summary>
    public Notification? Shown(Notification? last) => IsAllowed && last is not null && Hidden?.Hides(last.From) is not true ? View.Apply(last) : null;

    /// <summary>True when the watcher has a subscription and is shown, on every path, an account that is off (RFC 2779 5.1.15).</summary>
    public bool SeesAbsence => IsSubscribed && Handling is (AccessHandling.PoliteBlock or AccessHandling.Confirm);
}
