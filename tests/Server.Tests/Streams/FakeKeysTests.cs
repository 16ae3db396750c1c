using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Streams.Sasl;
using PresenceXml.Storage;
using PresenceXml.Storage.Sqlite;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Accounts that do not exist look like those that do, wherever their keys came from (RFC 5802 §9, RFC 6120 §13.11).</summary>
[CancelAfter(60_000), Property("Spec", "A-12")]
public sealed class FakeKeysTests
{
    private const int Imported = 4096;
    private readonly ServerOptions options = new();
    private readonly FakeTimeProvider time = new();
    private StorageEngine engine = null!;
    private AccountStore accounts = null!;
    private KeyShapes shapes = null!;
    private Credentials credentials = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        engine = await SqliteEngine.OpenTemporaryAsync();
        accounts = new AccountStore(engine);
        shapes = new KeyShapes(accounts, options, time, NullLogger<KeyShapes>.Instance);
        credentials = new Credentials(accounts, shapes, options, time, NullLogger<Credentials>.Instance);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        credentials.Dispose();
        shapes.Dispose();
        await engine.DisposeAsync();
    }

    // Nobody logs in here, so the keys need not belong to a password.
    private static ScramKeys Ready(ScramHash hash, int iterations, int saltBytes = 16) => ScramKeys.Fake("another server"u8, "x", hash, iterations, saltBytes);

    private async Task<Account> AddAsync(string user, params ScramKeys[] keys)
    {
        var account = new Account(Jid.Parse($"{user}@{options.Domains[0]}"), time.GetUtcNow()) { Keys = keys };
        Assert.That(await accounts.AddAsync(account), Is.True);
        return account;
    }

    private async Task<ScramKeys> KeysAsync(string name, ScramHash? hash, Account? account = null)
    {
        (ScramKeys keys, bool real) = await credentials.KeysAsync(account, $"{name}@{options.Domains[0]}", hash, CancellationToken.None);
        Assert.That(real, Is.False);
        return keys;
    }

    private static (ScramHash, int, int) FormOf(ScramKeys keys) => (keys.Hash, keys.Iterations, keys.Salt.Length);

    [Test]
    public async Task Without_accounts_they_are_as_configured()
    {
        options.Auth.ScramIterations = 12345;
        foreach (ScramHash hash in Enum.GetValues<ScramHash>())
            Assert.That(FormOf(await KeysAsync("nobody", hash)), Is.EqualTo((hash, 12345, 16)));
        Assert.That(FormOf(await KeysAsync("nobody", null)), Is.EqualTo((ScramHash.Sha256, 12345, 16)));
    }

    [Test]
    public async Task Among_imported_accounts_they_look_imported_also_to_PLAIN_and_by_a_hash_that_those_lack()
    {
        Account juliet = await AddAsync("juliet", Ready(ScramHash.Sha1, Imported, 36));
        Assert.That(FormOf(await KeysAsync("nobody", ScramHash.Sha1)), Is.EqualTo((ScramHash.Sha1, Imported, 36)));
        Assert.That(FormOf(await KeysAsync("nobody", null)), Is.EqualTo((ScramHash.Sha1, Imported, 36)), "the work of PLAIN");
        foreach (ScramHash lacking in new[] { ScramHash.Sha256, ScramHash.Sha512 })
            Assert.That(FormOf(await KeysAsync("nobody", lacking)), Is.EqualTo(FormOf(await KeysAsync("juliet", lacking, juliet))));
    }

    [Test]
    public async Task An_account_runs_with_a_hash_it_lacks_as_an_unknown_one_of_its_shape_does()
    {
        Account old = await AddAsync("old", Ready(ScramHash.Sha1, Imported, 12));
        Account young = await AddAsync("young", Ready(ScramHash.Sha1, 10000), Ready(ScramHash.Sha512, 20000));
        var forms = new HashSet<((ScramHash, int, int), (ScramHash, int, int))>();
        foreach (int at in Enumerable.Range(0, 100))
            forms.Add((FormOf(await KeysAsync("nobody" + at, ScramHash.Sha1)), FormOf(await KeysAsync("nobody" + at, ScramHash.Sha256))));
        Assert.That(forms, Is.EquivalentTo(new[]
        {
            (FormOf(old.Keys[0]), FormOf(await KeysAsync("old", ScramHash.Sha256, old))),
            (FormOf(young.Keys[0]), FormOf(await KeysAsync("young", ScramHash.Sha256, young))),
        }));
    }

    [Test]
    public async Task Each_shape_is_as_common_as_among_the_accounts_and_stays_with_its_name()
    {
        foreach (int at in Enumerable.Range(0, 30)) await AddAsync("old" + at, Ready(ScramHash.Sha256, Imported));
        foreach (int at in Enumerable.Range(0, 10)) await AddAsync("young" + at, Ready(ScramHash.Sha256, 10000));
        int[] first = new int[400], second = new int[400];
        foreach (int[] round in new[] { first, second })
            for (int at = 0; at < round.Length; at++) round[at] = (await KeysAsync("nobody" + at, ScramHash.Sha256)).Iterations;
        Assert.That(second, Is.EqualTo(first));
        Assert.That(first, Has.All.AnyOf(Imported, 10000));
        // The secret is random: 300 are expected, with a standard deviation of 8.7.
        Assert.That(first.Count(static iterations => iterations == Imported), Is.InRange(230, 370));
    }

    [Test]
    public async Task The_sample_is_renewed_by_who_asks_ten_minutes_later()
    {
        Account juliet = await AddAsync("juliet", Ready(ScramHash.Sha256, Imported));
        Assert.That((await KeysAsync("nobody", ScramHash.Sha256)).Iterations, Is.EqualTo(Imported));
        await accounts.ReplaceAsync(juliet with { Keys = [Ready(ScramHash.Sha256, 10000)] });
        time.Advance(KeyShapes.RenewAfter - TimeSpan.FromSeconds(1));
        await KeysAsync("nobody", ScramHash.Sha256);
        await shapes.Renewal;
        Assert.That((await KeysAsync("nobody", ScramHash.Sha256)).Iterations, Is.EqualTo(Imported));
        time.Advance(TimeSpan.FromSeconds(1));
        await KeysAsync("nobody", ScramHash.Sha256);
        await shapes.Renewal;
        Assert.That((await KeysAsync("nobody", ScramHash.Sha256)).Iterations, Is.EqualTo(10000));
    }

    [Test]
    public async Task Where_salts_are_UUIDs_so_are_the_fake_ones()
    {
        await AddAsync("juliet", Ready(ScramHash.Sha1, Imported) with { Salt = Encoding.ASCII.GetBytes("5f6a0f7e-3c1d-4b8e-9a52-0c1de0b7a5d1") });
        string salt = Encoding.Latin1.GetString((await KeysAsync("nobody", ScramHash.Sha1)).Salt.Span);
        Assert.That(salt, Does.Match("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"));
    }

    [Test]
    public async Task The_challenge_to_an_unknown_name_shows_what_those_of_accounts_show()
    {
        await using StreamHost host = await StreamHost.StartAsync(configured => configured.Auth.ScramIterations = 10000);
        foreach (string user in new[] { "juliet", "romeo" })
        {
            Account account = (await host.Accounts.FindAsync(Jid.Parse($"{user}@localhost")))!;
            await host.Accounts.ReplaceAsync(account with { Keys = [Ready(ScramHash.Sha1, Imported, 9)] });
        }
        TestClient client = host.Connect();
        await client.SecureAsync();
        foreach (string user in new[] { "juliet", "nobody" })
        {
            await client.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>{TestClient.Base64($"n,,n={user},r=abc")}</auth>");
            Assert.That(TestClient.TextOf(await client.ReadSaslAsync()), Does.Match("^r=abc[^,]+,s=[A-Za-z0-9+/]{12},i=4096$"), user);
        }
    }
}
