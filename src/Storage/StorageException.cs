namespace PresenceXml.Storage;

/// <summary>The engine could not read or write; the text says what to do.</summary>
public sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
