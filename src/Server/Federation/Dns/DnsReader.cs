using System.Buffers.Binary;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>Walks a message. Whatever is in it, every step ends and stays inside, or is a <see cref="DnsFormatException"/>.</summary>
internal ref struct DnsReader(ReadOnlySpan<byte> message)
{
    // A name has 127 labels at most; a pointer that leads to nothing but another pointer compresses nothing.
    private const int MaxPointers = 127;

    private readonly ReadOnlySpan<byte> message = message;

    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position == message.Length;

    public byte ReadByte() => Read(1)[0];
    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Read(2));
    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Read(4));

    /// <summary>A number of seconds; one with the first bit set is none (RFC 2181 §8).</summary>
    public int ReadSeconds() => ReadUInt32() is var seconds and <= int.MaxValue ? (int)seconds : 0;

    public ReadOnlySpan<byte> Read(int count)
    {
        if (count > message.Length - Position) throw new DnsFormatException("it ends in the middle of a record");
        ReadOnlySpan<byte> read = message.Slice(Position, count);
        Position += count;
        return read;
    }

    /// <summary>A name, compressed or not (RFC 1035 §4.1.4).</summary>
    public DnsName ReadName()
    {
        Span<byte> labels = stackalloc byte[DnsName.MaxOctets];
        int length = 0;
        int at = Position;
        int end = -1;
        int pointers = 0;
        // A pointer leads to a prior place, so each has to lead before the one that led to it: no circle can be drawn.
        int limit = Position;
        while (true)
        {
            int size = OctetAt(at);
            if (size == 0) break;
            if (size >= 0xC0)
            {
                int target = (size & 0x3F) << 8 | OctetAt(at + 1);
                if (end < 0) end = at + 2;
                if (target >= limit || ++pointers > MaxPointers) throw new DnsFormatException("a compressed name leads nowhere");
                at = limit = target;
                continue;
            }
            if (size > DnsName.MaxLabelOctets) throw new DnsFormatException("a label is of a kind that does not exist");
            // One octet is the root's.
            if (length + 1 + size >= DnsName.MaxOctets) throw new DnsFormatException("a name is too long");
            if (at + 1 + size > message.Length) throw new DnsFormatException("it ends in the middle of a name");
            message.Slice(at, 1 + size).CopyTo(labels[length..]);
            length += 1 + size;
            at += 1 + size;
        }
        Position = end < 0 ? at + 1 : end;
        return DnsName.OfLabels(labels[..length]);
    }

    private readonly int OctetAt(int at) => at < message.Length ? message[at] : throw new DnsFormatException("it ends in the middle of a name");
}
