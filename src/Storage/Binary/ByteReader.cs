using System.Buffers.Binary;
using System.Text;

namespace PresenceXml.Storage.Binary;

/// <summary>Reads what <see cref="ByteWriter"/> wrote. Anything malformed is a <see cref="StorageException"/>: the store is damaged.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    public int Position { get; private set; }

    public readonly bool AtEnd => Position == bytes.Length;

    public byte Byte() => Take(1)[0];

    public ulong Unsigned()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        throw Damaged();
    }

    /// <summary>A count or length; never negative.</summary>
    public int Number()
    {
        var value = Unsigned();
        return value <= int.MaxValue ? (int)value : throw Damaged();
    }

    public long Signed()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public long Fixed() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>What <see cref="ByteWriter.Fill"/> wrote.</summary>
    public int Filled() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public ReadOnlySpan<byte> Bytes() => Take(Number());

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public ReadOnlySpan<byte> Take(int count)
    {
        if (bytes.Length - Position < count) throw Damaged();
        var span = bytes.Slice(Position, count);
        Position += count;
        return span;
    }

    public static StorageException Damaged() =>
        new("A record in the store is damaged. Stop the server and restore the last backup (presencexml restore FILE).");
}
