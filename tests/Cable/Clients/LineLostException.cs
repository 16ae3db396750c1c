namespace PresenceXml.Cable.Clients;

/// <summary>The client's connection ended, or the client gave it up.</summary>
internal sealed class LineLostException(string message) : Exception(message);
