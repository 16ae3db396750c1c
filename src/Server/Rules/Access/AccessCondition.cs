namespace PresenceXml.Server.Rules.Access;

/// <summary>One condition of an access rule (RFC 4745 §7). All of a rule have to hold.</summary>
internal abstract record AccessCondition
{
    /// <summary>Does it hold?</summary>
    public abstract bool Holds(in AccessQuestion question);

    /// <summary>When its answer may next become another by time alone; null: never.</summary>
    public virtual DateTimeOffset? NextChange(DateTimeOffset after) => null;
}
