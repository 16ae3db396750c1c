namespace PresenceXml.Storage;

/// <summary>
/// A note on an entry of a log (or on a mere place of one): how far a session that wrote it had come. Kept for a stream's <c>h</c>
/// (XEP-0198 1.6 §4), which so becomes durable with the message itself. It outlives the deletion of its entry.
/// </summary>
/// <param name="Handle">Which session: a number from <see cref="StorageEngine.NextSequence"/>, given before the sequence of the entry.</param>
/// <param name="Count">How far: any number.</param>
public readonly record struct LogMark(long Handle, uint Count);
