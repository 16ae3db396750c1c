using System.Buffers.Binary;
using System.Text;

namespace PresenceXml.Server.Sessions;

/// <summary>What is kept of a session that can be resumed, so that also a client whose session is gone learns how many of its stanzas were handled (XEP-0198 1.6 §5).</summary>
/// <param name="Handle">Names it in the marks of the log.</param>
/// <param name="Time">When it began; once it has ended, when that was noted.</param>
/// <param name="Handled">What was handled in all; null while it lives, and for one that died with the server.</param>
/// <param name="Resource">Its resource, for people.</param>
/// <param name="Told">While it lives: what its client was told last, as far as no mark in the log says as much.</param>
internal sealed record SessionRecord(long Handle, DateTimeOffset Time, uint? Handled, string Resource, uint Told = 0)
{
    /// <summary>Account → SM-ID → record.</summary>
    public const string Collection = "session";

    private const int FixedBytes = 21;

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[FixedBytes + Encoding.UTF8.GetByteCount(Resource)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Handle);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), Time.ToUnixTimeMilliseconds());
        bytes[16] = Handled is null ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(17), Handled ?? Told);
        Encoding.UTF8.GetBytes(Resource, bytes.AsSpan(FixedBytes));
        return bytes;
    }

    public static SessionRecord Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt64BigEndian(bytes),
        DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes[8..])),
        bytes[16] == 0 ? null : BinaryPrimitives.ReadUInt32BigEndian(bytes[17..]),
        Encoding.UTF8.GetString(bytes[FixedBytes..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[17..]));
}
