namespace PresenceXml.Cable.Lines;

/// <summary>Changes what passes through one direction of a line; for the test of the test.</summary>
internal interface ITamper
{
    /// <summary>What is to be passed on in place of these bytes; may keep some back.</summary>
    ReadOnlyMemory<byte> Pass(ReadOnlyMemory<byte> bytes);
}
