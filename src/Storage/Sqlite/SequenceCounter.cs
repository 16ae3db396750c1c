using System.Buffers.Binary;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// Gives sequences in memory. A reservation ahead of them is durable before any of it is given, and a store that is opened goes on
/// above it: so no number is given twice, not even one whose commit failed or that a crash left unwritten.
/// </summary>
internal sealed class SequenceCounter
{
    private const long Block = 1 << 20;
    private const string Read = "SELECT value FROM meta WHERE name = 'sequence'";
    private const string Write = "INSERT OR REPLACE INTO meta (name, value) VALUES ('sequence', ?1)";

    private long last;
    private long reserved;

    /// <summary>Starts above the reservation in the store, with a new one. Inside a transaction that the caller commits.</summary>
    public SequenceCounter(Database database)
    {
        last = Stored(database);
        reserved = Reserve(database, last);
    }

    /// <exception cref="StorageException">The reservation is used up and could not be made longer.</exception>
    public long Next()
    {
        var next = Interlocked.Increment(ref last);
        if (next > Volatile.Read(ref reserved))
            throw new StorageException("No message can be numbered because the store has not been writable for long. Check the disk.");
        return next;
    }

    /// <summary>True when the next transaction should call <see cref="Extend"/>.</summary>
    public bool IsShort => Volatile.Read(ref reserved) - Volatile.Read(ref last) < Block / 2;

    /// <summary>Writes a longer reservation; it counts once <see cref="Confirm"/> says that it is durable.</summary>
    public long Extend(Database database) => Reserve(database, Math.Max(Volatile.Read(ref last), Volatile.Read(ref reserved)));

    public void Confirm(long durable) => Volatile.Write(ref reserved, durable);

    /// <summary>Skips all that may have been given out after a backup was made. Inside the restore's transaction.</summary>
    public static void Skip(Database database) => Reserve(database, Stored(database) + (1L << 40));

    private static long Stored(Database database)
    {
        var statement = database[Read];
        var stored = statement.Step() ? BinaryPrimitives.ReadInt64LittleEndian(statement.Span(0)) : 0;
        statement.Reset();
        return stored;
    }

    private static long Reserve(Database database, long from)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, from + Block);
        database[Write].Bind(1, bytes).Run();
        return from + Block;
    }
}
