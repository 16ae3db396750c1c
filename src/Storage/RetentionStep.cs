namespace PresenceXml.Storage;

/// <summary>What a step of retention came to.</summary>
/// <param name="Deleted">Entries deleted.</param>
/// <param name="After">Hand it to the next step; null: there is no older entry left to look at.</param>
public readonly record struct RetentionStep(int Deleted, long? After);
