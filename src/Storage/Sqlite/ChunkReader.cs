using System.Diagnostics.CodeAnalysis;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// Reads a <see cref="Chunk"/> head after head, straight from the database's memory: what nobody asks for is neither copied nor parsed. Contents can
/// be asked for when the heads are at their end.
/// </summary>
internal ref struct ChunkReader
{
    private readonly ReadOnlySpan<byte> data;
    private readonly long[] handles;
    private readonly (int Start, int Length, Jid? Jid)[] peers;
    private readonly (int Start, int Length, string? Text)[] boxes;
    private ByteReader reader;
    private int left;
    private int offset;
    private ChunkEntry current;

    /// <param name="data">A chunk; its heads are enough for what needs no contents.</param>
    public ChunkReader(ReadOnlySpan<byte> data)
    {
        this.data = data;
        reader = new(data);
        handles = Chunk.ReadHandles(ref reader);
        left = Count = Bounded(reader.Number());
        peers = new (int, int, Jid?)[Bounded(reader.Number())];
        foreach (ref var peer in peers.AsSpan()) (peer.Start, peer.Length) = Skip();
        boxes = new (int, int, string?)[Bounded(reader.Number())];
        foreach (ref var box in boxes.AsSpan()) (box.Start, box.Length) = Skip();
    }

    /// <summary>Entries and places.</summary>
    public int Count { get; }

    /// <summary>The head that <see cref="Next"/> has read.</summary>
    [UnscopedRef]
    public readonly ref readonly ChunkEntry Current => ref current;

    /// <summary>Reads a head; false at the end.</summary>
    public bool Next()
    {
        if (left == 0) return false;
        left--;
        current.Sequence += (long)reader.Unsigned();
        current.Time += reader.Signed();
        var flags = reader.Byte();
        current.Outgoing = (flags & Chunk.OutgoingFlag) != 0;
        current.Deleted = (flags & Chunk.DeletedFlag) != 0;
        current.Mark = (flags & Chunk.MarkFlag) == 0 ? default : new(handles[Below(reader.Number(), handles.Length)], (uint)reader.Unsigned());
        current.Offset = offset;
        current.Length = 0;
        if (current.Deleted) return true;
        current.Peer = Below(reader.Number(), peers.Length);
        current.Box = Below(reader.Number(), boxes.Length);
        current.Length = reader.Number();
        offset += current.Length;
        return true;
    }

    /// <summary>The number of a peer; −1 when the chunk has nothing of it.</summary>
    public readonly int Find(Jid peer)
    {
        for (var i = 0; i < peers.Length; i++)
        {
            if (data.Slice(peers[i].Start, peers[i].Length).SequenceEqual(peer.Utf8)) return i;
        }
        return -1;
    }

    /// <summary>The number of a box; −1 when the chunk has nothing in it.</summary>
    public readonly int Find(string box)
    {
        for (var i = 0; i < boxes.Length; i++)
        {
            if (Box(i) == box) return i;
        }
        return -1;
    }

    /// <summary>Parsed when it is first asked for.</summary>
    public readonly Jid Peer(int number) =>
        peers[number].Jid ??= Jid.TryParse(data.Slice(peers[number].Start, peers[number].Length), out var jid) ? jid : throw ByteReader.Damaged();

    public readonly string Box(int number) =>
        boxes[number].Length == 0 ? "" : boxes[number].Text ??= Encoding.UTF8.GetString(data.Slice(boxes[number].Start, boxes[number].Length));

    /// <summary>Where an entry's content lies in the chunk. When the heads are at their end.</summary>
    public readonly Range ContentOf(in ChunkEntry entry)
    {
        var start = reader.Position + entry.Offset;
        if (entry.Offset < 0 || start > data.Length - entry.Length) throw ByteReader.Damaged();
        return start..(start + entry.Length);
    }

    private (int Start, int Length) Skip()
    {
        var length = reader.Number();
        var start = reader.Position;
        _ = reader.Take(length);
        return (start, length);
    }

    private readonly int Bounded(int number) => Below(number, data.Length + 1);

    private static int Below(int number, int count) => number < count ? number : throw ByteReader.Damaged();
}
