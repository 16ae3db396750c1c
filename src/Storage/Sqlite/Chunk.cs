using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// The binary form of a run of entries of one log. Form 1: a form byte, the number of entries, the peers, the boxes; then each entry's
/// head (distance of sequence and time from the one before, flags, number of peer and box, length of content); then all contents. A
/// deleted entry is a head without peer, box and content.
/// </summary>
internal static class Chunk
{
    private const byte Form = 1;
    private const int OutgoingFlag = 1, DeletedFlag = 2;

    public static void Write(ReadOnlySpan<TailEntry> entries, ByteWriter writer)
    {
        var peers = new Dictionary<Jid, int>();
        var boxes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (ref readonly var entry in entries)
        {
            if (entry.Deleted) continue;
            peers.TryAdd(entry.Peer!, peers.Count);
            boxes.TryAdd(entry.Box!, boxes.Count);
        }
        writer.Byte(Form);
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
            writer.Byte((byte)((entry.Outgoing ? OutgoingFlag : 0) | (entry.Deleted ? DeletedFlag : 0)));
            if (entry.Deleted) continue;
            writer.Number(peers[entry.Peer!]);
            writer.Number(boxes[entry.Box!]);
            writer.Number(entry.Content.Length);
        }
        foreach (ref readonly var entry in entries)
            writer.Raw(entry.Content.Span);
    }

    /// <summary>All entries, deleted ones as places; contents are slices of <paramref name="data"/>.</summary>
    public static TailEntry[] Read(byte[] data)
    {
        var reader = new ByteReader(data);
        if (reader.Byte() != Form) throw ByteReader.Damaged();
        var count = reader.Number();
        if (count > data.Length) throw ByteReader.Damaged();
        var peers = new (int Offset, int Length, Jid? Jid)[Bounded(reader.Number(), data)];
        foreach (ref var peer in peers.AsSpan())
        {
            var length = reader.Number();
            peer = (reader.Position, length, null);
            _ = reader.Take(length);
        }
        var boxes = new string[Bounded(reader.Number(), data)];
        foreach (ref var box in boxes.AsSpan()) box = reader.Text();

        var entries = new TailEntry[count];
        var lengths = new int[count];
        long sequence = 0, time = 0;
        for (var i = 0; i < count; i++)
        {
            ref var entry = ref entries[i];
            entry.Sequence = sequence += (long)reader.Unsigned();
            entry.Time = time += reader.Signed();
            var flags = reader.Byte();
            entry.Outgoing = (flags & OutgoingFlag) != 0;
            entry.Deleted = (flags & DeletedFlag) != 0;
            if (entry.Deleted) continue;
            // An address is parsed when the first entry that has it is met.
            ref var peer = ref peers[Bounded(reader.Number(), peers.Length)];
            entry.Peer = peer.Jid ??= Jid.TryParse(data.AsSpan(peer.Offset, peer.Length), out var jid) ? jid : throw ByteReader.Damaged();
            entry.Box = boxes[Bounded(reader.Number(), boxes.Length)];
            lengths[i] = reader.Number();
        }
        for (var i = 0; i < count; i++)
        {
            var start = reader.Position;
            _ = reader.Take(lengths[i]);
            entries[i].Content = data.AsMemory(start, lengths[i]);
        }
        return entries;
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

    private static int Bounded(int number, byte[] data) => number <= data.Length ? number : throw ByteReader.Damaged();

    private static int Bounded(int number, int count) => number < count ? number : throw ByteReader.Damaged();
}
