namespace PresenceXml.Server.Rules.Access;

/// <summary>What one watcher may learn of one presentity now.</summary>
/// <param name="Handling">Whether at all.</param>
/// <param name="View">What of it, with <see cref="AccessHandling.Allow"/>.</param>
public readonly record struct AccessDecision(AccessHandling Handling, PresenceView View)
{
    /// <summary>Everything, as the principal itself and, without rules, a subscriber sees it.</summary>
    public static readonly AccessDecision Everything = new(AccessHandling.Allow, PresenceView.All);

    /// <summary>Nothing: what a stranger gets.</summary>
    public static readonly AccessDecision Nothing = new(AccessHandling.Block, PresenceView.All);

    /// <summary>True when presence is shown.</summary>
    public bool IsAllowed => Handling == AccessHandling.Allow;
}
