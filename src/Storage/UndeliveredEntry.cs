namespace PresenceXml.Storage;

/// <summary>An entry that waits for delivery.</summary>
/// <param name="Sequence">Its place in the log.</param>
/// <param name="Bytes">The length of its content.</param>
public readonly record struct UndeliveredEntry(long Sequence, int Bytes);
