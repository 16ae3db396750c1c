namespace PresenceXml.Storage;

/// <summary>How a store is opened.</summary>
public sealed record StorageSettings
{
    /// <summary>False: a directory without a store is refused instead of becoming one.</summary>
    public bool Create { get; init; } = true;

    /// <summary>
    /// Bytes of log entries that are kept in memory and in the journal before they are merged into chunks. More makes merging cheaper
    /// (an account's entries are written together) and costs memory and time to open after a crash (about 10 ms per MB).
    /// </summary>
    public int TailBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Bytes after which a chunk of a log is full. Larger makes long reads cheaper and short ones dearer.</summary>
    public int ChunkBytes { get; init; } = 32 * 1024;

    /// <summary>Read connections used at the same time at most.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>False: commits are not forced to the disk. For tests only: what was acknowledged can then be lost with the machine.</summary>
    internal bool Durable { get; init; } = true;

    /// <summary>Called at each step that can fail, so that tests can make it fail.</summary>
    internal Action<StorageStep>? Fault { get; init; }

    /// <summary>Pages the file may have at most, 0 for no bound: a full disk in small.</summary>
    internal int MaxPages { get; init; }

    /// <summary>The directory is removed when the store is closed.</summary>
    internal bool Temporary { get; init; }
}
