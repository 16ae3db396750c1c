using System.Buffers.Binary;
using System.Collections.Immutable;
using PresenceXml.Protocol;
using PresenceXml.Storage;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>
/// What an account's rules remember of others, with the time: so many of each kind at most, and the oldest is forgotten first. Immutable. An
/// account whose rules ask for nothing of the kind has none.
/// </summary>
internal sealed class DeliveryNotes
{
    /// <summary>Of each kind. Enough for a vacation; with the addresses some 50 KB of memory at most while the account is in use.</summary>
    public const int Max = 500;

    public static readonly DeliveryNotes Empty = new([.. Enum.GetValues<DeliveryNoteKind>().Select(static _ => ImmutableDictionary<string, long>.Empty)]);

    private static readonly string[] Prefixes = ["wrote:", "heard:", "replied:"];

    private readonly ImmutableArray<ImmutableDictionary<string, long>> kinds;

    private DeliveryNotes(ImmutableArray<ImmutableDictionary<string, long>> kinds) => this.kinds = kinds;

    /// <summary>How many there are of a kind.</summary>
    public int Count(DeliveryNoteKind kind) => kinds[(int)kind].Count;

    /// <summary>What of the stored keys is a note.</summary>
    public static DeliveryNotes Read(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> stored)
    {
        var read = Empty.kinds.Select(static kind => kind.ToBuilder()).ToArray();
        bool hasAny = false;
        foreach ((string key, ReadOnlyMemory<byte> value) in stored)
        {
            int kind = Array.FindIndex(Prefixes, prefix => key.StartsWith(prefix, StringComparison.Ordinal));
            if (kind < 0 || value.Length != 8)
                continue;
            read[kind][key[Prefixes[kind].Length..]] = BinaryPrimitives.ReadInt64BigEndian(value.Span);
            hasAny = true;
        }
        return hasAny ? new DeliveryNotes([.. read.Select(static kind => kind.ToImmutable())]) : Empty;
    }

    /// <summary>When it was noted; null: it was not.</summary>
    /// <param name="kind">What.</param>
    /// <param name="about">Of whom; of a reply see <see cref="ReplyTo"/>.</param>
    public DateTimeOffset? Find(DeliveryNoteKind kind, string about) =>
        kinds[(int)kind].TryGetValue(about, out long ticks) ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Of each rule by itself.</summary>
    public static string ReplyTo(string rule, Jid sender) => $"{sender} {rule}";

    /// <summary>Copies with a note, which goes into the batch as well.</summary>
    public DeliveryNotes Add(DeliveryNoteKind kind, string about, DateTimeOffset now, StorageBatch batch, string collection, Jid account)
    {
        ImmutableDictionary<string, long> notes = kinds[(int)kind];
        if (notes.Count >= Max && !notes.ContainsKey(about))
        {
            // Some at once, so that a flood does not sort them each time.
            foreach ((string oldest, _) in notes.OrderBy(static note => note.Value).Take(Max / 10))
            {
                notes = notes.Remove(oldest);
                batch.Delete(collection, account, Prefixes[(int)kind] + oldest);
            }
        }
        byte[] value = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, now.UtcTicks);
        batch.Put(collection, account, Prefixes[(int)kind] + about, value);
        return new DeliveryNotes(kinds.SetItem((int)kind, notes.SetItem(about, now.UtcTicks)));
    }
}
