using System.Runtime.InteropServices;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// One record of the journal: everything a commit group does to logs, in order, each content and each name once. Form 1: a form byte,
/// then per operation its kind, its account, its log and what it needs. A text is a number: 0, then the text itself, which gets the
/// next number from 1; or the number of an earlier one. An entry is its sequence, time and flags; its mark, if it has one, as the
/// distance of the handle and the count; and, unless it is only a place, peer, box and content.
/// </summary>
internal sealed class JournalRecord
{
    private const byte Form = 1;
    private const int OutgoingFlag = 1, UndeliveredFlag = 2, MarkFlag = 4, PlaceFlag = 8;

    private readonly ByteWriter writer = new(64 * 1024);
    private readonly Dictionary<Jid, int> jids = [];
    private readonly Dictionary<string, int> names = new(StringComparer.Ordinal);
    private readonly Dictionary<LogContent, int> contents = [];
    private readonly List<object> texts = [];

    public bool IsEmpty => writer.Length <= 1;

    public void Clear()
    {
        writer.Clear();
        writer.Byte(Form);
        jids.Clear();
        names.Clear();
        contents.Clear();
        texts.Clear();
    }

    /// <summary>Adds the log operations of a batch; contents are shared within it.</summary>
    public void Add(StorageBatch batch)
    {
        contents.Clear();
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch[i].IsLog)
                Add(batch[i]);
        }
    }

    public byte[] ToArray() => writer.ToArray();

    private void Add(in StorageOperation operation)
    {
        writer.Byte((byte)operation.Kind);
        Text(operation.Account);
        if (operation.Kind != OperationKind.DeleteAccount) Text(operation.Name);
        switch (operation.Kind)
        {
            case OperationKind.Append:
                AddEntry(operation);
                break;
            case OperationKind.MarkDelivered when operation.Sequences is null:
                writer.Number(1);
                writer.Signed(operation.Sequence);
                break;
            case OperationKind.MarkDelivered or OperationKind.DeleteEntries or OperationKind.MoveEntries:
                if (operation.Kind == OperationKind.MoveEntries) Text(operation.Key);
                writer.Number(operation.Sequences!.Count);
                var last = 0L;
                foreach (var sequence in operation.Sequences)
                {
                    writer.Signed(sequence - last);
                    last = sequence;
                }
                break;
        }
    }

    private void AddEntry(in StorageOperation entry)
    {
        writer.Unsigned((ulong)entry.Sequence);
        writer.Unsigned((ulong)entry.Time);
        var marked = entry.Mark.Handle != 0;
        writer.Byte((byte)((entry.Outgoing ? OutgoingFlag : 0) | (entry.Undelivered ? UndeliveredFlag : 0) | (marked ? MarkFlag : 0) | (entry.IsPlace ? PlaceFlag : 0)));
        if (marked)
        {
            writer.Unsigned((ulong)(entry.Sequence - entry.Mark.Handle));
            writer.Unsigned(entry.Mark.Count);
        }
        if (entry.IsPlace) return;
        Text(entry.Peer);
        Text(entry.Key);
        // 0: the content follows; else the distance back to where it stands.
        ref var offset = ref CollectionsMarshal.GetValueRefOrAddDefault(contents, entry.Content, out var shared);
        writer.Number(shared ? writer.Length - offset : 0);
        writer.Number(entry.Content.Length);
        if (shared) return;
        offset = writer.Length;
        entry.Content.WriteTo(writer);
        if (writer.Length - offset != entry.Content.Length) throw new InvalidOperationException("A content is not as long as it said.");
    }

    private void Text(Jid jid)
    {
        if (Known(jids, jid)) return;
        writer.Bytes(jid.Utf8);
    }

    private void Text(string name)
    {
        if (Known(names, name)) return;
        writer.Text(name);
    }

    private bool Known<T>(Dictionary<T, int> numbers, T text) where T : notnull
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, text, out var known);
        if (known)
        {
            writer.Number(number);
            return true;
        }
        texts.Add(text);
        number = texts.Count;
        writer.Number(0);
        return false;
    }

    /// <summary>Does what the record just written says to the tails: the same code that replays it after a crash, but no address is parsed again.</summary>
    public void Apply(byte[] record, LogTails tails) => Apply(record, tails, new Texts(texts), static _ => false);

    /// <summary>Does what a record says to the tails; entries keep slices of <paramref name="record"/>.</summary>
    /// <param name="record">The bytes of <see cref="ToArray"/>.</param>
    /// <param name="tails">Where it is applied.</param>
    /// <param name="isMerged">True for a log that has this record in its chunks already.</param>
    public static void Replay(byte[] record, LogTails tails, Func<LogKey, bool> isMerged) => Apply(record, tails, new Texts(null), isMerged);

    private static void Apply(byte[] record, LogTails tails, Texts texts, Func<LogKey, bool> isMerged)
    {
        var reader = new ByteReader(record);
        if (reader.Byte() != Form) throw ByteReader.Damaged();
        while (!reader.AtEnd)
        {
            var kind = (OperationKind)reader.Byte();
            var account = texts.Jid(ref reader);
            if (kind == OperationKind.DeleteAccount)
            {
                tails.RemoveAccount(account);
                continue;
            }
            var key = new LogKey(account, texts.Name(ref reader));
            var merged = isMerged(key);
            switch (kind)
            {
                case OperationKind.Append:
                    var entry = ReadEntry(ref reader, record, texts);
                    if (!merged) tails.Append(key, entry);
                    break;
                case OperationKind.MarkDelivered or OperationKind.DeleteEntries:
                    var sequence = 0L;
                    for (var left = reader.Number(); left > 0; left--)
                    {
                        sequence += reader.Signed();
                        if (!merged) tails.Mark(key, sequence, deleted: kind == OperationKind.DeleteEntries);
                    }
                    break;
                case OperationKind.MoveEntries:
                    var box = texts.Name(ref reader);
                    var moved = 0L;
                    for (var left = reader.Number(); left > 0; left--)
                    {
                        moved += reader.Signed();
                        // What lies in chunks was moved there in the transaction of this record.
                        if (!merged) tails.Move(key, moved, box);
                    }
                    break;
                case OperationKind.DeleteLog:
                    if (!merged) tails.Remove(key);
                    break;
                default:
                    throw ByteReader.Damaged();
            }
        }
    }

    private static TailEntry ReadEntry(ref ByteReader reader, byte[] record, Texts texts)
    {
        var entry = new TailEntry { Sequence = (long)reader.Unsigned(), Time = (long)reader.Unsigned() };
        var flags = reader.Byte();
        entry.Outgoing = (flags & OutgoingFlag) != 0;
        entry.Undelivered = (flags & UndeliveredFlag) != 0;
        if ((flags & MarkFlag) != 0) entry.Mark = new(entry.Sequence - (long)reader.Unsigned(), (uint)reader.Unsigned());
        if ((flags & PlaceFlag) != 0)
        {
            entry.Deleted = true;
            return entry;
        }
        entry.Peer = texts.Jid(ref reader);
        entry.Box = texts.Name(ref reader);
        var before = reader.Position;
        var distance = reader.Number();
        var length = reader.Number();
        if (distance == 0)
        {
            entry.Content = record.AsMemory(reader.Position, length);
            _ = reader.Take(length);
            return entry;
        }
        var offset = before - distance;
        if (offset < 0 || length > before - offset) throw ByteReader.Damaged();
        entry.Content = record.AsMemory(offset, length);
        return entry;
    }

    /// <summary>Numbered texts of one record, in order of first use.</summary>
    private sealed class Texts(List<object>? written)
    {
        private readonly List<object> read = written ?? [];
        private int count;

        public Jid Jid(ref ByteReader reader)
        {
            var number = reader.Number();
            if (number > 0) return number <= count && read[number - 1] is Jid known ? known : throw ByteReader.Damaged();
            var bytes = reader.Bytes();
            if (written is null)
                read.Add(Protocol.Jid.TryParse(bytes, out var parsed) ? parsed : throw ByteReader.Damaged());
            return (Jid)read[count++];
        }

        public string Name(ref ByteReader reader)
        {
            var number = reader.Number();
            if (number > 0) return number <= count && read[number - 1] is string known ? known : throw ByteReader.Damaged();
            var bytes = reader.Bytes();
            if (written is null)
                read.Add(Encoding.UTF8.GetString(bytes));
            return (string)read[count++];
        }
    }
}
