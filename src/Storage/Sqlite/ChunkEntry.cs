namespace PresenceXml.Storage.Sqlite;

/// <summary>The head of an entry as it stands in a chunk: peer and box are numbers of the chunk's lists.</summary>
internal struct ChunkEntry
{
    public long Sequence;

    /// <summary>UTC ticks of 100 ns.</summary>
    public long Time;
    public bool Outgoing;

    /// <summary>Only the place and perhaps a mark are left: no peer, box or content.</summary>
    public bool Deleted;
    public int Peer;
    public int Box;

    /// <summary>One with no handle is none.</summary>
    public LogMark Mark;

    /// <summary>Where the content begins behind the heads.</summary>
    public int Offset;

    /// <summary>Bytes of content.</summary>
    public int Length;
}
