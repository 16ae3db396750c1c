namespace PresenceXml.Federation.Tests.Peers;

/// <summary>Who opened a stream, as its one end sees it.</summary>
public enum StreamDirection
{
    Inbound,
    Outbound,
}
