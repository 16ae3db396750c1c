using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Streams.Sasl;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>Which keys an account lacks, and storing those that its client supplies (XEP-0480 0.2.0).</summary>
internal sealed class KeyUpgrade(AccountStore accounts, ServerOptions options)
{
    // What clients supply takes the place of nothing, so one that is weaker than the others is not asked for.
    private readonly ScramHash[] hashes = [.. options.Auth.Hashes.Where(static hash => hash != ScramHash.Sha1)];

    /// <summary>The names of what is on offer, for everybody alike.</summary>
    public IEnumerable<string> Offer => hashes.Select(UpgradeTask.NameOf);

    /// <summary>The tasks for a client that asked for them: hashes that are on offer here and of which the account has no keys.</summary>
    public Queue<UpgradeTask> Of(SignInProgress signIn, Account account)
    {
        // Who has a token has not shown that he knows the password, and must not be able to set one.
        if (signIn.Token is not null) return [];
        return new(
            from hash in signIn.Request.Upgrades.Distinct()
            where hashes.Contains(hash) && account.Keys.All(keys => keys.Hash != hash)
            select new UpgradeTask(hash, options.Auth.ScramIterations));
    }

    /// <summary>Stores what the client has derived, beside the keys the account has (§4). Returns why not; null when it is durable.</summary>
    /// <exception cref="StorageException">It could not be stored.</exception>
    public async ValueTask<SaslFailure?> StoreAsync(Account account, UpgradeTask task, Element data, CancellationToken cancel)
    {
        SaslData? given = data.Child(Sasl2Elements.ScramUpgradeNs, "hash") is { } hash ? Sasl2Elements.Data(hash) : new SaslData(null);
        if (given is not { } read) return SaslFailure.IncorrectEncoding;
        if (read.Octets is not { } salted || salted.Length != task.Hash.Length()) return SaslFailure.MalformedRequest;
        ScramKeys keys = ScramKeys.OfSaltedPassword(task.Hash, salted, task.Salt, task.Iterations);
        // Had the password been changed meanwhile, these would be another way in.
        bool stored = await accounts.AddKeysAsync(account, keys, cancel);
        return stored ? null : SaslFailure.CredentialsExpired;
    }
}
