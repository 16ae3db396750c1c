using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>
/// The salted keys of accounts, and believable ones for accounts that do not exist: of a shape that accounts have, and always the same
/// for the same name, also after a restart, or a second try would tell (RFC 5802 §9).
/// </summary>
internal sealed class Credentials(AccountStore accounts, KeyShapes shapes, ServerOptions options, TimeProvider time, ILogger<Credentials> log) : IDisposable
{
    private const string SecretKey = "fake-keys";
    private readonly KeyedStore secrets = new(accounts.Engine, "streams");
    private readonly Jid owner = Jid.Parse(options.Domains[0]);
    private readonly SemaphoreSlim making = new(1);
    private readonly ScramHash verifier = options.Auth.Hashes.Contains(ScramHash.Sha256) ? ScramHash.Sha256 : options.Auth.Hashes[0];
    private byte[]? secret;

    /// <summary>The account and whether this address has logged in to it before. Takes as long for one that does not exist.</summary>
    public async ValueTask<(Account? Account, bool IsKnownHere)> FindAsync(Jid address, AddressPrefix from, CancellationToken cancel)
    {
        Account? account = await accounts.FindAsync(address, cancel);
        bool known = await accounts.HasLoggedInFromAsync(address, from.ToString(), cancel);
        return (account, known && account is not null);
    }

    /// <summary>The keys to run a handshake with, and whether they are real.</summary>
    /// <param name="account">The account; null when there is none.</param>
    /// <param name="name">The name that was asked for.</param>
    /// <param name="hash">The hash; null for the one that PLAIN is verified with.</param>
    /// <param name="cancel">Ends the wait for the store.</param>
    public async ValueTask<(ScramKeys Keys, bool AreReal)> KeysAsync(Account? account, string name, ScramHash? hash, CancellationToken cancel)
    {
        byte[] pepper = await SecretAsync(cancel);
        // Drawn and made for real accounts too: the same work for all.
        KeyShape drawn = await shapes.DrawAsync(pepper, name, cancel);
        KeyShape shape = account is { Keys.Count: > 0 } ? KeyShape.Of(account.Keys) : drawn;
        // A hash that the account lacks gets a form that follows from its shape alone, as it does for an unknown account of that shape.
        KeyForm form = shape.Nearest(hash ?? verifier);
        if (hash is ScramHash asked) form = form with { Hash = asked };
        ScramKeys? real = account?.Keys.FirstOrDefault(keys => keys.Hash == form.Hash);
        ScramKeys fake = form.Fake(pepper, name);
        return real is null ? (fake, false) : (real, true);
    }

    /// <summary>The address has proven itself for the account. Nothing waits for the store: the login is as good without.</summary>
    public async void Remember(Jid account, AddressPrefix from)
    {
        try
        {
            await accounts.RememberAddressAsync(account, from.ToString(), time.GetUtcNow());
        }
        catch (Exception e)
        {
            StreamLog.AddressNotRemembered(log, e);
        }
    }

    public void Dispose() => making.Dispose();

    private async ValueTask<byte[]> SecretAsync(CancellationToken cancel)
    {
        if (secret is not null) return secret;
        await making.WaitAsync(cancel);
        try
        {
            if (secret is not null) return secret;
            if (await secrets.GetAsync(owner, SecretKey, cancel) is ReadOnlyMemory<byte> kept) return secret = kept.ToArray();
            byte[] made = RandomNumberGenerator.GetBytes(32);
            await secrets.PutAsync(owner, SecretKey, made, cancel);
            return secret = made;
        }
        finally
        {
            making.Release();
        }
    }
}
