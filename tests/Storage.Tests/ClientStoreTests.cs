using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Storage.Tests;

/// <summary>Clients and their tokens.</summary>
public sealed class ClientStoreTests
{
    private static readonly Jid Romeo = Jid.Parse("romeo@montague.example");
    private static readonly Jid Juliet = Jid.Parse("juliet@capulet.example");
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ScramKeys Old = ScramKeys.Derive(ScramHash.Sha1, "wherefore", "0123456789abcdef"u8, 4096);
    private static readonly Account Account = new(Romeo, Noon) { Keys = [Old] };

    private SqliteEngine engine = null!;
    private AccountStore accounts = null!;
    private ClientStore clients = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        engine = await SqliteEngine.OpenTemporaryAsync();
        accounts = new AccountStore(engine);
        clients = new ClientStore(accounts);
        await accounts.AddAsync(Account);
    }

    [TearDown]
    public async Task CloseAsync() => await engine.DisposeAsync();

    private static ClientToken Token(string token, HtMechanism mechanism = HtMechanism.None) =>
        new(mechanism, mechanism == HtMechanism.None ? default : "certificate"u8.ToArray(), HtVerifier.Of(token, []), Noon.AddTicks(3), Noon.AddDays(21)) { Count = 3_000_000_000 };

    private async Task<string> AddAsync(string agent, ClientToken? current = null, ClientToken? next = null, DateTimeOffset? seen = null)
    {
        string id = clients.IdOf(Romeo, "agent", agent);
        var client = new ClientRecord(id, Noon) { LastSeen = seen ?? Noon, KnowsPassword = true, Current = current, Next = next };
        Assert.That(await clients.ChangeAsync(Romeo, id, _ => client, now: Noon), Is.True);
        return id;
    }

    [Test]
    public async Task A_client_is_read_as_it_was_written()
    {
        string id = clients.IdOf(Romeo, "agent", "one");
        var client = new ClientRecord(id, Noon.AddTicks(1))
        {
            LastSeen = Noon.AddTicks(2),
            Software = "Gajim",
            Device = "Juliet's laptop ü",
            Mechanism = "HT-SHA-256-ENDP",
            Resource = "balcony",
            KnowsPassword = true,
            Current = Token("a", HtMechanism.ServerEndPoint),
            Next = Token("b") with { IsRevoked = true },
        };
        await clients.ChangeAsync(Romeo, id, _ => client);
        ClientRecord read = (await clients.FindAsync(Romeo, id))!;
        Assert.That(read with { Current = null, Next = null }, Is.EqualTo(client with { Current = null, Next = null }));
        foreach ((ClientToken was, ClientToken now) in new[] { (client.Current, read.Current!), (client.Next, read.Next!) })
        {
            Assert.That((now.Mechanism, now.Issued, now.Expires, now.Count, now.IsRevoked), Is.EqualTo((was.Mechanism, was.Issued, was.Expires, was.Count, was.IsRevoked)));
            Assert.That(now.Binding.ToArray(), Is.EqualTo(was.Binding.ToArray()));
            Assert.That(now.Verifier.Check.ToArray(), Is.EqualTo(was.Verifier.Check.ToArray()));
            Assert.That(now.Verifier.MaskedAnswer.ToArray(), Is.EqualTo(was.Verifier.MaskedAnswer.ToArray()));
        }
    }

    [Test]
    public void Names_are_of_one_account_and_one_kind_and_say_nothing()
    {
        string id = clients.IdOf(Romeo, "agent", "d4565fa7-4d72-4749-b3d3-740edbf87770");
        Assert.That(clients.IdOf(Romeo, "agent", "d4565fa7-4d72-4749-b3d3-740edbf87770"), Is.EqualTo(id));
        Assert.That(new[] { clients.IdOf(Juliet, "agent", "d4565fa7-4d72-4749-b3d3-740edbf87770"), clients.IdOf(Romeo, "resource", "d4565fa7-4d72-4749-b3d3-740edbf87770") }, Has.None.EqualTo(id));
        Assert.That(id, Does.Match("^[a-z2-9]{20}$"));
    }

    [Test, Property("Spec", "FA-1")]
    public async Task Another_password_revokes_every_token_and_further_keys_do_not()
    {
        string id = await AddAsync("one", Token("a"), Token("b"));
        Assert.That(await accounts.AddKeysAsync(Account, ScramKeys.Derive(ScramHash.Sha256, "wherefore", "0123456789abcdef"u8, 4096)), Is.True);
        Assert.That((await clients.FindAsync(Romeo, id))!.HasToken(Noon), Is.True);
        Account grown = (await accounts.FindAsync(Romeo))!;
        await accounts.ReplaceAsync(grown with { Disabled = true });
        Assert.That((await clients.FindAsync(Romeo, id))!.HasToken(Noon), Is.True);

        await accounts.ReplaceAsync(grown with { Keys = [ScramKeys.Derive(ScramHash.Sha1, "art thou", "0123456789abcdef"u8, 4096), grown.Keys[1]] });
        ClientRecord locked = (await clients.FindAsync(Romeo, id))!;
        Assert.That((locked.KnowsPassword, locked.Current!.IsRevoked, locked.Next!.IsRevoked, locked.HasToken(Noon)), Is.EqualTo((false, true, true, false)));
    }

    [Test]
    public async Task What_an_old_password_allowed_is_not_done_under_a_new_one()
    {
        string id = clients.IdOf(Romeo, "agent", "one");
        await accounts.ReplaceAsync(Account with { Keys = [ScramKeys.Derive(ScramHash.Sha1, "art thou", "0123456789abcdef"u8, 4096)] });
        Assert.That(await clients.ChangeAsync(Romeo, id, _ => new ClientRecord(id, Noon), Account), Is.False);
        Assert.That(await accounts.AddKeysAsync(Account, ScramKeys.Derive(ScramHash.Sha256, "mine", "0123456789abcdef"u8, 4096)), Is.False);
        Assert.That(await clients.FindAsync(Romeo, id), Is.Null);
        Assert.That((await accounts.FindAsync(Romeo))!.Keys, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_deleted_account_leaves_no_client_and_gets_none()
    {
        string id = await AddAsync("one", Token("a"));
        await accounts.DeleteAsync(Romeo);
        Assert.That(await clients.ListAsync(Romeo), Is.Empty);
        Assert.That(await clients.ChangeAsync(Romeo, id, _ => new ClientRecord(id, Noon)), Is.False);
        Assert.That(await clients.ListAsync(Romeo), Is.Empty);
    }

    [Test]
    public async Task Of_too_many_those_with_a_token_and_those_seen_last_stay()
    {
        string tokened = await AddAsync("tokened", Token("a"), seen: Noon.AddDays(-20));
        string oldest = await AddAsync("oldest", seen: Noon.AddDays(-10));
        for (int i = 0; i < ClientStore.MaxClients - 1; i++) await AddAsync($"client {i}", seen: Noon.AddMinutes(i));
        string[] left = [.. (await clients.ListAsync(Romeo)).Select(client => client.Id)];
        Assert.That(left, Has.Length.EqualTo(ClientStore.MaxClients).And.Member(tokened).And.No.Member(oldest));

        string late = clients.IdOf(Romeo, "agent", "late");
        await clients.ChangeAsync(Romeo, late, _ => new ClientRecord(late, Noon.AddHours(2)), now: Noon, horizon: Noon.AddHours(1));
        left = [.. (await clients.ListAsync(Romeo)).Select(client => client.Id)];
        Assert.That(left, Is.EquivalentTo(new[] { late, tokened }.Concat(Enumerable.Range(60, 39).Select(i => clients.IdOf(Romeo, "agent", $"client {i}")))));
    }

    [Test]
    public async Task What_was_not_seen_for_long_is_forgotten_when_another_client_comes_back_on_another_day()
    {
        string old = await AddAsync("old", seen: Noon.AddDays(-100)), used = await AddAsync("used");
        foreach ((DateTimeOffset time, int left) in new[] { (Noon.AddHours(1), 2), (Noon.AddDays(1), 1) })
        {
            await clients.ChangeAsync(Romeo, used, client => client! with { LastSeen = time }, now: time, horizon: time.AddDays(-90));
            Assert.That(await clients.ListAsync(Romeo), Has.Count.EqualTo(left));
        }
        Assert.That(await clients.FindAsync(Romeo, old), Is.Null);
    }

    [Test]
    public async Task Who_stays_is_never_forgotten()
    {
        string old = await AddAsync("old", seen: Noon.AddDays(-100));
        for (int i = 0; i < ClientStore.MaxClients - 1; i++) await AddAsync($"client {i}", Token("a"), seen: Noon);
        string late = clients.IdOf(Romeo, "agent", "late");
        await clients.ChangeAsync(Romeo, late, _ => new ClientRecord(late, Noon), now: Noon, horizon: Noon.AddDays(-90), stays: client => client.Id == old);
        string[] left = [.. (await clients.ListAsync(Romeo)).Select(client => client.Id)];
        Assert.That(left, Has.Length.EqualTo(ClientStore.MaxClients).And.Member(old).And.Member(late));
    }

    [Test]
    public async Task The_list_has_what_was_begun_before_it()
    {
        string id = clients.IdOf(Romeo, "agent", "one");
        Task<bool> adding = clients.ChangeAsync(Romeo, id, _ => new ClientRecord(id, Noon));
        Assert.That((await clients.ListAsync(Romeo)).Select(client => client.Id), Is.EqualTo(new[] { id }));
        Assert.That(await adding, Is.True);
    }

    [Test]
    public async Task Changes_of_one_client_that_come_at_once_are_all_made()
    {
        string id = await AddAsync("one");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => clients.ChangeAsync(Romeo, id, client => client! with { Software = client.Software + "x" })));
        Assert.That((await clients.FindAsync(Romeo, id))!.Software, Has.Length.EqualTo(50));
    }
}
