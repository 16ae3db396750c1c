using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace PresenceXml.Storage.Binary;

/// <summary>A growing buffer for the store's own binary forms: unsigned integers as LEB128, signed ones zigzagged, text as UTF-8 behind its length.</summary>
internal sealed class ByteWriter(int capacity = 256) : IBufferWriter<byte>
{
    private byte[] buffer = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public byte[] ToArray() => Written.ToArray();

    public void Byte(byte value) => Reserve(1)[0] = value;

    public void Unsigned(ulong value)
    {
        var span = Reserve(10, advance: false);
        var at = 0;
        for (; value >= 0x80; value >>= 7)
            span[at++] = (byte)(value | 0x80);
        span[at++] = (byte)value;
        Length += at;
    }

    public void Number(int value) => Unsigned((uint)value);

    public void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    public void Fixed(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);

    /// <summary>Leaves room for a number that <see cref="Fill"/> writes later; returns where.</summary>
    public int Room()
    {
        _ = Reserve(sizeof(int));
        return Length - sizeof(int);
    }

    public void Fill(int room, int value) => BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(room, sizeof(int)), value);

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        Raw(bytes);
    }

    public void Text(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        Number(bytes);
        _ = Encoding.UTF8.GetBytes(text, Reserve(bytes));
    }

    public void Advance(int count) => Length += count;

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        _ = Reserve(Math.Max(1, sizeHint), advance: false);
        return buffer.AsMemory(Length);
    }

    private Span<byte> Reserve(int count, bool advance = true)
    {
        if (buffer.Length - Length < count)
            Array.Resize(ref buffer, (int)Math.Min(Array.MaxLength, Math.Max(2L * buffer.Length, (long)Length + count)));
        var span = buffer.AsSpan(Length, count);
        if (advance) Length += count;
        return span;
    }
}
