namespace PresenceXml.Server.Rules.Access;

/// <summary>
/// The access rules of a loaded account, and the moment by which their conditions of time are judged: it moves on only when the difference is told to
/// the watchers, so that a broadcast in between never shows what no watcher was told of.
/// </summary>
internal sealed class AccessState(AccessRuleSet rules, DateTimeOffset time)
{
    /// <summary>No rules.</summary>
    public static readonly AccessState Empty = new(AccessRuleSet.Empty, DateTimeOffset.MinValue);

    public AccessRuleSet Rules { get; } = rules;

    /// <summary>The moment by which conditions of time are judged.</summary>
    public DateTimeOffset Time { get; } = time;

    /// <summary>When <see cref="Time"/> has to move on; null: never.</summary>
    public DateTimeOffset? NextChange { get; } = rules.NextChange(time);
}
