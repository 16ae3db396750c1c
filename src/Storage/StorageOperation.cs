using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>What one line of a batch does.</summary>
internal enum OperationKind : byte { Put = 1, Delete, DeleteAll, Append, MarkDelivered, DeleteEntries, DeleteLog, DeleteAccount, MoveEntries }

/// <summary>One line of a batch; flat, for every message that is stored makes two.</summary>
/// <param name="Kind">Which of the rest it needs.</param>
/// <param name="Account">Whose it is.</param>
/// <param name="Name">A collection or a log.</param>
internal readonly record struct StorageOperation(OperationKind Kind, Jid Account, string Name = "")
{
    /// <summary>The key of a value, the box of an entry, or the one entries are moved to.</summary>
    public string Key { get; init; } = "";

    /// <summary>A value, the content of an entry.</summary>
    public LogContent Content { get; init; }

    /// <summary>Of an entry, or the one entry that is marked or deleted when there are no <see cref="Sequences"/>.</summary>
    public long Sequence { get; init; }

    /// <summary>Of an entry, in UTC ticks.</summary>
    public long Time { get; init; }

    /// <summary>The peer of an entry (<see cref="Jid"/>) or the sequences of several (a list).</summary>
    private object? Detail { get; init; }

    public Jid Peer
    {
        get => (Jid)Detail!;
        init => Detail = value;
    }

    public IReadOnlyList<long>? Sequences
    {
        get => Detail as IReadOnlyList<long>;
        init => Detail = value;
    }

    /// <summary>The mark of an entry; one with no handle is none.</summary>
    public LogMark Mark { get; init; }

    public bool Outgoing { get; init; }

    public bool Undelivered { get; init; }

    /// <summary>An entry that is deleted from the first: a place and its mark.</summary>
    public bool IsPlace { get; init; }

    /// <summary>True when it changes a log and so belongs into the journal.</summary>
    public bool IsLog => Kind >= OperationKind.Append;
}
