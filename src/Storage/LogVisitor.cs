namespace PresenceXml.Storage;

/// <summary>Is shown an entry of a log.</summary>
/// <param name="head">All but the content.</param>
/// <param name="content">The stanza in canonical form; gone when this returns.</param>
public delegate void LogVisitor(in LogHead head, ReadOnlySpan<byte> content);
