using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// The binary form of a run of entries of one log. Form 1: a form byte, the number of entries, the peers, the boxes; then each entry's
/// head (distance of sequence and time from the one before, flags, number of peer and box, length of content); then all contents. A
/// deleted entry is a head without peer, box and content. Form 2, of a chunk with marks: a form byte, the bytes before the contents, the
/// handles, and as form 1; a marked head has the number of its handle and the count behind its flags.
/// </summary>
internal static class Chunk
{
    private const byte Form = 1, MarkedForm = 2;
    public const int OutgoingFlag = 1, DeletedFlag = 2, MarkFlag = 4;

    public static void Write(ReadOnlySpan<TailEntry> entries, ByteWriter writer)
    {
        var peers = new Dictionary<Jid, int>();
        var boxes = new Dictionary<string, int>(StringComparer.Ordinal);
        List<long>? handles = null;
        foreach (ref readonly var entry in entries)
        {
            if (entry.Mark.Handle is not 0 and var handle && handles?.Contains(handle) != true) (handles ??= []).Add(handle);
            if (entry.Deleted) continue;
            peers.TryAdd(entry.Peer!, peers.Count);
            boxes.TryAdd(entry.Box!, boxes.Count);
        }
        var room = WriteHandles(handles, writer);
        writer.Number(entries.Length);
        writer.Number(peers.Count);
        foreach (var peer in peers.Keys) writer.Bytes(peer.Utf8);
        writer.Number(boxes.Count);
        foreach (var box in boxes.Keys) writer.Text(box);
        long sequence = 0, time = 0;
        foreach (ref readonly var entry in entries)
        {
            writer.Unsigned((ulong)(entry.Sequence - sequence));
            writer.Signed(entry.Time - time);
            (sequence, time) = (entry.Sequence, entry.Time);
            var marked = entry.Mark.Handle != 0;
            writer.Byte((byte)((entry.Outgoing ? OutgoingFlag : 0) | (entry.Deleted ? DeletedFlag : 0) | (marked ? MarkFlag : 0)));
            if (marked)
            {
                writer.Number(handles!.IndexOf(entry.Mark.Handle));
                writer.Unsigned(entry.Mark.Count);
            }
            if (entry.Deleted) continue;
            writer.Number(peers[entry.Peer!]);
            writer.Number(boxes[entry.Box!]);
            writer.Number(entry.Content.Length);
        }
        if (room > 0) writer.Fill(room, writer.Length);
        foreach (ref readonly var entry in entries)
            writer.Raw(entry.Content.Span);
    }

    /// <summary>All entries, deleted ones as places; contents are slices of <paramref name="data"/>.</summary>
    public static TailEntry[] Read(byte[] data)
    {
        var chunk = new ChunkReader(data);
        var heads = new ChunkEntry[chunk.Count];
        for (var i = 0; chunk.Next(); i++) heads[i] = chunk.Current;
        var entries = new TailEntry[heads.Length];
        for (var i = 0; i < heads.Length; i++)
        {
            ref readonly var head = ref heads[i];
            entries[i] = new() { Sequence = head.Sequence, Time = head.Time, Outgoing = head.Outgoing, Deleted = head.Deleted, Mark = head.Mark };
            if (head.Deleted) continue;
            entries[i].Peer = chunk.Peer(head.Peer);
            entries[i].Box = chunk.Box(head.Box);
            entries[i].Content = data.AsMemory(chunk.ContentOf(head));
        }
        return entries;
    }

    /// <summary>
    /// The newest mark of a handle on entries after a sequence, from the first bytes of a chunk. When they are too few, says in
    /// <paramref name="needed"/> how many it takes, otherwise 0 there.
    /// </summary>
    public static LogMark? FindMark(ReadOnlySpan<byte> head, long handle, long after, out int needed)
    {
        needed = 0;
        if (head.IsEmpty || head[0] == Form) return null;
        var reader = new ByteReader(head);
        if (reader.Byte() != MarkedForm) throw ByteReader.Damaged();
        var length = reader.Filled();
        if (length < 0) throw ByteReader.Damaged();
        if (length > head.Length)
        {
            needed = length;
            return null;
        }
        reader = new ByteReader(head);
        if (!ReadHandles(ref reader).Contains(handle)) return null;
        LogMark? found = null;
        var chunk = new ChunkReader(head[..length]);
        while (chunk.Next())
        {
            if (chunk.Current.Mark.Handle == handle && chunk.Current.Sequence > after) found = chunk.Current.Mark;
        }
        return found;
    }

    /// <summary>The facet under which a peer's chunks are found: a hash, so a hit is checked against the entries themselves.</summary>
    public static long FacetOf(Jid peer) => Hash(1, peer.Utf8);

    /// <summary>The facet of a box; "" has none.</summary>
    public static long FacetOf(string box) => Hash(2, Encoding.UTF8.GetBytes(box));

    // FNV-1a: stable for ever, and a collision only costs a look into a chunk that has nothing.
    private static long Hash(byte kind, ReadOnlySpan<byte> bytes)
    {
        var hash = (14695981039346656037UL ^ kind) * 1099511628211UL;
        foreach (var next in bytes) hash = (hash ^ next) * 1099511628211UL;
        return (long)hash;
    }

    /// <summary>The form byte and, with marks, their handles; returns where the length of all this is to be filled in, or 0.</summary>
    private static int WriteHandles(List<long>? handles, ByteWriter writer)
    {
        writer.Byte(handles is null ? Form : MarkedForm);
        if (handles is null) return 0;
        var room = writer.Room();
        writer.Number(handles.Count);
        foreach (var handle in handles) writer.Unsigned((ulong)handle);
        return room;
    }

    /// <summary>Reads what <see cref="WriteHandles"/> wrote; empty in a chunk without marks.</summary>
    internal static long[] ReadHandles(ref ByteReader reader)
    {
        var form = reader.Byte();
        if (form == Form) return [];
        if (form != MarkedForm) throw ByteReader.Damaged();
        _ = reader.Filled();
        var handles = new List<long>();
        for (var left = reader.Number(); left > 0; left--) handles.Add((long)reader.Unsigned());
        return [.. handles];
    }
}
