namespace PresenceXml.Cable.Lines;

internal enum Direction
{
    ToServer,
    ToClient,
}
