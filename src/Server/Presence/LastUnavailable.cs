using System.Buffers.Binary;
using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Presence;

/// <summary>When the last resource of an account became unavailable, and what it said (RFC 6121 §4.3.2: probe answers; XEP-0012).</summary>
/// <param name="Time">The moment.</param>
/// <param name="Presence">The unavailable presence as sent or as the server made it.</param>
public sealed record LastUnavailable(DateTimeOffset Time, Protocol.Stanzas.Presence Presence)
{
    internal const string Collection = "presence";
    internal const string Key = "last";

    internal byte[] ToBytes()
    {
        byte[] stanza = StanzaWriter.ToCanonical(Presence);
        byte[] bytes = new byte[8 + stanza.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Time.ToUnixTimeMilliseconds());
        stanza.CopyTo(bytes.AsSpan(8));
        return bytes;
    }

    internal static LastUnavailable Read(ReadOnlyMemory<byte> bytes) => new(
        DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes.Span)),
        (Protocol.Stanzas.Presence)StanzaReader.ReadCanonical(bytes[8..]));
}
