using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Tests;

/// <summary>The typed views over the two primitives.</summary>
[TestFixture]
public sealed class StoresTests
{
    private static readonly Jid Romeo = Jid.Parse("romeo@montague.example");
    private static readonly Jid Juliet = Jid.Parse("juliet@capulet.example");
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private SqliteEngine engine = null!;

    [SetUp]
    public async Task OpenAsync() => engine = await SqliteEngine.OpenTemporaryAsync();

    [TearDown]
    public async Task CloseAsync() => await engine.DisposeAsync();

    [Test]
    public async Task An_account_is_added_once_found_replaced_and_deleted()
    {
        var accounts = new AccountStore(engine);
        var keys = Enum.GetValues<ScramHash>().Select(hash => ScramKeys.Derive(hash, "wherefore", "0123456789abcdef"u8, 4096)).ToArray();
        var account = new Account(Romeo, Noon.AddTicks(7)) { Keys = keys, Disabled = true };
        Assert.That(await accounts.ReplaceAsync(account), Is.False);
        Assert.That(await accounts.AddAsync(account), Is.True);
        Assert.That(await accounts.AddAsync(account), Is.False);

        var found = (await accounts.FindAsync(Romeo))!;
        Assert.That(found.Created, Is.EqualTo(account.Created));
        Assert.That(found.Disabled, Is.True);
        Assert.That(found.Keys.Select(key => key.Hash), Is.EqualTo(keys.Select(key => key.Hash)));
        Assert.That(found.Keys.All(key => key.Verify("wherefore")), Is.True);
        Assert.That(found.Keys.All(key => key.Iterations == 4096 && key.Salt.Length == 16), Is.True);

        Assert.That(await accounts.ReplaceAsync(account with { Disabled = false, Keys = [] }), Is.True);
        Assert.That((await accounts.FindAsync(Romeo))!.Disabled, Is.False);
        Assert.That(await accounts.DeleteAsync(Romeo), Is.True);
        Assert.That(await accounts.DeleteAsync(Romeo), Is.False);
        Assert.That(await accounts.FindAsync(Romeo), Is.Null);
    }

    [Test]
    public async Task Of_many_that_add_one_account_at_once_one_succeeds()
    {
        var accounts = new AccountStore(engine);
        var added = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => accounts.AddAsync(new(Romeo, Noon))));
        Assert.That(added.Count(success => success), Is.EqualTo(1));
    }

    [Test]
    public async Task An_import_leaves_what_exists_alone()
    {
        var accounts = new AccountStore(engine);
        await accounts.AddAsync(new(Jid.Parse("user7@capulet.example"), Noon) { Disabled = true });
        var many = Enumerable.Range(0, 2500).Select(i => new Account(Jid.Parse($"user{i}@capulet.example"), Noon.AddDays(1)))
            .Append(new(Jid.Parse("user2499@capulet.example"), Noon));
        var known = await accounts.ImportAsync(many);
        Assert.That(known.Select(jid => jid.Local), Is.EqualTo(new[] { "user7", "user2499" }));
        Assert.That((await accounts.FindAsync(Jid.Parse("user7@capulet.example")))!.Disabled, Is.True);
        Assert.That(await accounts.ListAsync("capulet.example", null, 5000), Has.Count.EqualTo(2500));
    }

    [Test]
    public async Task Only_the_latest_addresses_are_remembered()
    {
        var accounts = new AccountStore(engine);
        for (var i = 0; i < AccountStore.MaxAddresses + 3; i++)
            await accounts.RememberAddressAsync(Romeo, $"192.0.2.{i}", Noon.AddHours(i));
        // Again within a day: not written down, so it stays as old as it was.
        Assert.That(await accounts.HasLoggedInFromAsync(Romeo, "192.0.2.2"), Is.False);
        Assert.That(await accounts.HasLoggedInFromAsync(Romeo, "192.0.2.3"), Is.True);
        Assert.That(await accounts.HasLoggedInFromAsync(Romeo, $"192.0.2.{AccountStore.MaxAddresses + 2}"), Is.True);
        Assert.That(await accounts.HasLoggedInFromAsync(Juliet, "192.0.2.3"), Is.False);
        await accounts.RememberAddressAsync(Romeo, "192.0.2.3", Noon.AddDays(9));
        await accounts.RememberAddressAsync(Romeo, "198.51.100.1", Noon.AddDays(10));
        Assert.That(await accounts.HasLoggedInFromAsync(Romeo, "192.0.2.3"), Is.True);
        Assert.That(await accounts.HasLoggedInFromAsync(Romeo, "192.0.2.4"), Is.False);
    }

    [Test]
    public async Task A_roster_item_comes_back_as_it_was([Values] SubscriptionState state, [Values] bool flags)
    {
        var rosters = new RosterStore(engine);
        var item = new RosterItem(Juliet)
        {
            State = state,
            Approved = flags,
            InRoster = !flags,
            Name = flags ? "Jülchen" : null,
            Groups = flags ? ["Friends", "Vérone", ""] : [],
            PendingRequest = flags ? Encoding.UTF8.GetBytes("<presence type='subscribe'/>") : default(ReadOnlyMemory<byte>?),
            Version = flags ? 77 : 0,
        };
        var batch = new StorageBatch();
        rosters.Save(batch, Romeo, item, 78);
        await engine.Commit(batch);
        var roster = await rosters.LoadAsync(Romeo);
        var found = roster.Items.Single();
        Assert.That(found with { Groups = [], PendingRequest = null }, Is.EqualTo(item with { Groups = [], PendingRequest = null }));
        Assert.That(found.Groups, Is.EqualTo(item.Groups));
        Assert.That(found.PendingRequest?.ToArray(), Is.EqualTo(item.PendingRequest?.ToArray()));
        Assert.That(roster.Version, Is.EqualTo(78));
        Assert.That(roster.OldestKnown, Is.Zero);
    }

    [Test]
    public async Task Removals_leave_tombstones_unless_hidden_or_undone()
    {
        var rosters = new RosterStore(engine);
        Jid[] contacts = [.. Enumerable.Range(0, 4).Select(i => Jid.Parse($"contact{i}@capulet.example"))];
        var batch = new StorageBatch();
        for (var i = 0; i < 4; i++) rosters.Save(batch, Romeo, new(contacts[i]) { InRoster = i != 3, Version = i + 1 }, i + 1);
        rosters.Remove(batch, Romeo, contacts[0], 5, tombstone: true);
        rosters.Remove(batch, Romeo, contacts[1], 6, tombstone: true);
        rosters.Remove(batch, Romeo, contacts[3], 6, tombstone: false);
        rosters.Save(batch, Romeo, new(contacts[0]) { InRoster = true, Version = 7 }, 7);
        await engine.Commit(batch);
        var roster = await rosters.LoadAsync(Romeo);
        Assert.That(roster.Items.Select(item => item.Jid), Is.EqualTo(new[] { contacts[0], contacts[2] }));
        Assert.That(roster.Removed, Is.EqualTo(new[] { KeyValuePair.Create(contacts[1], 6L) }));
        Assert.That(roster.Version, Is.EqualTo(7));
    }

    [Test]
    public async Task Tombstones_are_bounded_and_the_bound_is_told()
    {
        var rosters = new RosterStore(engine);
        var batch = new StorageBatch();
        for (var version = 1; version <= RosterStore.MaxTombstones + 100; version++)
            rosters.Remove(batch, Romeo, Jid.Parse($"contact{version}@capulet.example"), version, tombstone: true);
        await engine.Commit(batch);
        var roster = await rosters.LoadAsync(Romeo);
        Assert.That(roster.Removed, Has.Count.EqualTo(RosterStore.MaxTombstones));
        Assert.That(roster.Removed.Select(tombstone => tombstone.Value), Is.Ordered);
        // Whoever has a version from here on has missed only removals that are all remembered.
        Assert.That(roster.Removed[0].Value, Is.LessThanOrEqualTo(roster.OldestKnown + 1));
    }

    [Test]
    public async Task A_roster_keeps_its_epoch_until_it_is_made_anew()
    {
        var rosters = new RosterStore(engine);
        var first = (await rosters.LoadAsync(Romeo)).Epoch;
        await engine.Commit(new StorageBatch());
        Assert.That((await rosters.LoadAsync(Romeo)).Epoch, Is.EqualTo(first).And.Not.Empty);
        Assert.That((await rosters.LoadAsync(Juliet)).Epoch, Is.Not.EqualTo(first));
        await engine.Commit(new StorageBatch().DeleteAccount(Romeo));
        Assert.That((await rosters.LoadAsync(Romeo)).Epoch, Is.Not.EqualTo(first));
    }

    [Test]
    public async Task Holders_of_a_contact_are_found()
    {
        var rosters = new RosterStore(engine);
        var batch = new StorageBatch();
        rosters.Save(batch, Romeo, new(Juliet), 1);
        await engine.Commit(batch);
        Assert.That(await rosters.FindHoldersAsync(Juliet), Is.EqualTo(new[] { Romeo }));
        rosters.Remove(batch = new(), Romeo, Juliet, 2, tombstone: true);
        await engine.Commit(batch);
        Assert.That(await rosters.FindHoldersAsync(Juliet), Is.Empty);
    }

    [Test]
    public async Task A_stanza_id_leads_back_to_its_sequence_in_its_account_only()
    {
        var inbox = new InboxStore(engine);
        var ids = new HashSet<string>();
        foreach (var sequence in new[] { 1, 2, 1L << 40, long.MaxValue })
        {
            var id = inbox.StanzaId(Romeo, sequence);
            Assert.That(id, Has.Length.EqualTo(22).And.Matches("^[A-Za-z0-9_-]+$"));
            Assert.That(ids.Add(id), Is.True);
            Assert.That(inbox.StanzaId(Romeo, sequence), Is.EqualTo(id));
            Assert.That(inbox.TryParseStanzaId(Romeo, id, out var read), Is.True);
            Assert.That(read, Is.EqualTo(sequence));
            Assert.That(inbox.TryParseStanzaId(Juliet, id, out _), Is.False);
            Assert.That(inbox.TryParseStanzaId(Romeo, id[..^1], out _), Is.False);
        }
        foreach (var id in new[] { "", "x", new string('A', 22), "ääääääääääääääääääääää", "AAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAA AAAAAAAAAAA" })
            Assert.That(inbox.TryParseStanzaId(Romeo, id, out _), Is.False, id);
        await using var other = await SqliteEngine.OpenTemporaryAsync();
        Assert.That(new InboxStore(other).TryParseStanzaId(Romeo, ids.First(), out _), Is.False);
    }

    [Test]
    public async Task A_message_is_in_both_logs_and_once_in_its_own_writers()
    {
        var inbox = new InboxStore(engine);
        var content = Encoding.UTF8.GetBytes("<message/>");
        var (both, self, foreign) = (engine.NextSequence(), engine.NextSequence(), engine.NextSequence());
        var batch = new StorageBatch();
        InboxStore.Append(batch, both, Noon, Romeo, true, Juliet, true, undelivered: true, LogContent.Of(content));
        InboxStore.Append(batch, self, Noon, Romeo, true, Romeo, true, undelivered: true, LogContent.Of(content));
        InboxStore.Append(batch, foreign, Noon, Jid.Parse("benvolio@verona.example"), false, Romeo, true, undelivered: false, LogContent.Of(content));
        await engine.Commit(batch);
        var romeo = await inbox.ReadAsync(Romeo, new LogQuery());
        Assert.That(romeo.Select(entry => (entry.Sequence, entry.Outgoing, entry.Undelivered)),
            Is.EqualTo(new[] { (both, true, false), (self, false, true), (foreign, false, false) }));
        Assert.That((await inbox.ReadAsync(Juliet, new LogQuery())).Select(entry => (entry.Sequence, entry.Outgoing, entry.Undelivered)), Is.EqualTo(new[] { (both, false, true) }));
        Assert.That((await inbox.ReadUndeliveredAsync(Romeo)).Select(entry => entry.Sequence), Is.EqualTo(new[] { self }));
        Assert.That(inbox.ReadAsync(Juliet, [both]).AsTask().IsCompletedSuccessfully, Is.True, "what is in memory is answered at once");
    }

    [Test]
    public async Task Retention_deletes_the_delivered_oldest_first_in_steps()
    {
        var inbox = new InboxStore(engine);
        var batch = new StorageBatch();
        for (var i = 0; i < 100; i++)
            InboxStore.Append(batch, engine.NextSequence(), Noon.AddDays(i), Juliet, false, Romeo, true, undelivered: i % 10 == 0, LogContent.Of("<message/>"u8.ToArray()));
        await engine.Commit(batch);
        await engine.MergeAsync();
        var step = await inbox.DeleteExpiredAsync(Romeo, Noon.AddDays(50), null, 20);
        Assert.That(step.Deleted, Is.EqualTo(18));
        Assert.That((await inbox.ReadAsync(Romeo, new LogQuery { Limit = 200 })).Min(entry => entry.Time), Is.EqualTo(Noon));
        var deleted = step.Deleted;
        while (step.After is not null) deleted += (step = await inbox.DeleteExpiredAsync(Romeo, Noon.AddDays(50), step.After, 20)).Deleted;
        Assert.That(deleted, Is.EqualTo(45));
        var left = await inbox.ReadAsync(Romeo, new LogQuery { Limit = 200 });
        Assert.That(left, Has.Count.EqualTo(55));
        Assert.That(left.Count(entry => entry.Undelivered), Is.EqualTo(10));
    }

    [Test]
    public async Task A_keyed_store_lists_puts_and_replaces()
    {
        var store = new KeyedStore(engine, "blocking");
        await store.PutAsync(Romeo, "tybalt@capulet.example", "1"u8.ToArray());
        await store.ReplaceAsync(Romeo, [KeyValuePair.Create("paris@verona.example", (ReadOnlyMemory<byte>)"2"u8.ToArray())], ["tybalt@capulet.example"]);
        Assert.That((await store.ListAsync(Romeo)).Select(pair => pair.Key), Is.EqualTo(new[] { "paris@verona.example" }));
        Assert.That(await store.GetAsync(Romeo, "tybalt@capulet.example"), Is.Null);
        Assert.That(await new KeyedStore(engine, "other").ListAsync(Romeo), Is.Empty);
    }
}
