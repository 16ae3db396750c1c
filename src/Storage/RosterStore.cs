using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage;

/// <summary>Rosters as a view over keyed collections. Changes are added to a batch of the caller, who has the roster in memory.</summary>
public sealed class RosterStore(StorageEngine engine)
{
    /// <summary>The collection of items; its keys are contacts, and it can be searched by them.</summary>
    public const string Items = "roster";

    /// <summary>Removals that are remembered for versioning; each roster has as many slots and a removal takes that of its version.</summary>
    public const int MaxTombstones = 512;

    private const string Tombstones = "roster-removed";
    private const string State = "roster-state";
    private const string VersionKey = "version";
    private const string EpochKey = "epoch";

    public StorageEngine Engine { get; } = engine;

    /// <summary>The roster of an account; an empty one when nothing is stored.</summary>
    public async ValueTask<Roster> LoadAsync(Jid account, CancellationToken cancel = default)
    {
        var state = await Engine.RangeAsync(State, account, cancel: cancel);
        long version = 0;
        ReadOnlyMemory<byte> epoch = default;
        foreach (var (key, value) in state)
        {
            if (key == VersionKey) version = BinaryPrimitives.ReadInt64LittleEndian(value.Span);
            else if (key == EpochKey) epoch = value;
        }
        if (epoch.IsEmpty)
        {
            epoch = RandomNumberGenerator.GetBytes(9);
            // Nobody waits for it: an epoch that was lost costs clients one whole roster.
            _ = Engine.Commit(new StorageBatch().Put(State, account, EpochKey, epoch));
        }
        var items = new List<RosterItem>();
        foreach (var (contact, value) in await Engine.RangeAsync(Items, account, cancel: cancel))
            items.Add(RosterItemForm.Read(Contact(contact), value.Span));
        var removed = version == 0 ? [] : await LoadTombstonesAsync(account, items, cancel);
        return new(items, removed, version, Math.Max(0, version - MaxTombstones + 1))
        {
            Epoch = $"{Engine.Incarnation}{Base64Url.EncodeToString(epoch.Span)}",
        };
    }

    /// <summary>Adds to a batch: the item in its new form. <paramref name="version"/> is the roster's version afterwards (unchanged for changes nobody is told of).</summary>
    public void Save(StorageBatch batch, Jid account, RosterItem item, long version)
    {
        batch.Put(Items, account, item.Jid.ToString(), RosterItemForm.Write(item));
        PutVersion(batch, account, version);
    }

    /// <summary>
    /// Adds to a batch: the item removed, with a tombstone when it was shown in the roster. A removal with a tombstone has a version of
    /// its own.
    /// </summary>
    public void Remove(StorageBatch batch, Jid account, Jid contact, long version, bool tombstone)
    {
        batch.Delete(Items, account, contact.ToString());
        if (tombstone)
        {
            var writer = new ByteWriter(64);
            writer.Fixed(version);
            writer.Raw(contact.Utf8);
            // By slot: so there are never more than there are slots, without anything to count or clean.
            batch.Put(Tombstones, account, (version % MaxTombstones).ToString(CultureInfo.InvariantCulture), writer.ToArray());
        }
        PutVersion(batch, account, version);
    }

    /// <summary>Accounts of our own that have <paramref name="contact"/> in their roster or pending: needed when an account is deleted.</summary>
    public ValueTask<IReadOnlyList<Jid>> FindHoldersAsync(Jid contact, CancellationToken cancel = default) =>
        Engine.FindAccountsAsync(Items, contact.ToString(), cancel);

    private async ValueTask<List<KeyValuePair<Jid, long>>> LoadTombstonesAsync(Jid account, List<RosterItem> items, CancellationToken cancel)
    {
        // A contact that was removed and is back is no removal any more.
        var shown = items.Where(item => item.InRoster).Select(item => item.Jid).ToHashSet();
        var removed = new Dictionary<Jid, long>();
        foreach (var (_, value) in await Engine.RangeAsync(Tombstones, account, cancel: cancel))
        {
            var reader = new ByteReader(value.Span);
            var version = reader.Fixed();
            var contact = Jid.TryParse(value.Span[reader.Position..], out var jid) ? jid : throw ByteReader.Damaged();
            if (!shown.Contains(contact)) removed[contact] = Math.Max(version, removed.GetValueOrDefault(contact));
        }
        return [.. removed.OrderBy(tombstone => tombstone.Value)];
    }

    private static void PutVersion(StorageBatch batch, Jid account, long version)
    {
        var value = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, version);
        batch.Put(State, account, VersionKey, value);
    }

    private static Jid Contact(string text) => Jid.TryParse(text, out var jid) ? jid : throw ByteReader.Damaged();
}
