using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Presence;
using PresenceXml.Storage;

namespace PresenceXml.Server.Rules.Appearance;

/// <summary>
/// How watchers appear in the watcher information of those they watch: those of this server by their own rules, those of others as their server
/// says, if it is sure that it is theirs.
/// </summary>
public sealed class VisibilityRules
{
    internal const string Collection = "visibility";
    internal const string Key = "rules";

    private readonly Presentities presentities;
    private readonly LocalDomains domains;
    private readonly StorageEngine engine;
    private readonly int slot;

    public VisibilityRules(Presentities presentities, LocalDomains domains, AccountStates states, StorageEngine engine)
    {
        this.presentities = presentities;
        this.domains = domains;
        this.engine = engine;
        slot = states.Add(async (account, _) => await ReadAsync(account));
    }

    /// <summary>The rules of a loaded account.</summary>
    public VisibilityRuleSet Of(Presentity watcher) => (VisibilityRuleSet)watcher.GetState(slot);

    /// <summary>Replaces them; durable on return.</summary>
    /// <exception cref="StorageException">They could not be stored.</exception>
    internal async ValueTask ReplaceAsync(Presentity watcher, VisibilityRuleSet rules)
    {
        Task commit;
        lock (watcher.Gate)
        {
            bool isEmpty = rules is { Rules.Count: 0, Default: Visibility.Full };
            commit = watcher.Commit(isEmpty
                ? new StorageBatch().Delete(Collection, watcher.Address, Key)
                : new StorageBatch().Put(Collection, watcher.Address, Key, System.Text.Encoding.UTF8.GetBytes(rules.ToElement().ToString())));
            watcher.SetState(slot, isEmpty ? VisibilityRuleSet.Empty : rules);
        }
        await Subscriptions.DurableAsync(watcher, commit);
    }

    /// <summary>
    /// How a watcher wants to appear to a presentity, as far as that is known without waiting; null: it is not. Of a watcher at another server it is what
    /// came with his request, and that counts only where a certificate proved the server: a peer that was only called back cannot hide anybody.
    /// </summary>
    /// <param name="presentity">Whom he watches.</param>
    /// <param name="watcher">His address.</param>
    /// <param name="request">What he sent, or null.</param>
    /// <param name="strength">How sure it is that it was he.</param>
    internal Visibility? WishOf(Presentity presentity, Jid watcher, Stanza? request, Strength strength)
    {
        if (domains.IsLocal(watcher))
            return presentities.TryFind(watcher.Bare, out Presentity? account) ? Of(account, presentity.Address) : null;
        if (request is null)
            return null;
        Visibility? hint = request.Content.Find(VisibilityRuleSet.Ns, "visibility") is { } said ? VisibilityRuleSet.TryShow(said["show"]) : null;
        return strength >= Strength.Certificate ? hint ?? Visibility.Full : Visibility.Full;
    }

    /// <summary>As the watcher's rules say now; what was noted, for one of another server or with rules that cannot be read.</summary>
    internal async ValueTask<Visibility> CurrentAsync(Jid presentity, Jid watcher, Visibility noted)
    {
        if (!domains.IsLocal(watcher))
            return noted;
        if (presentities.TryFind(watcher, out Presentity? account))
            return Of(account, presentity);
        VisibilityRuleSet rules = await ReadAsync(watcher);
        if (rules.Rules.Count == 0)
            return rules.Default;
        // Groups are those of his roster.
        using PresentityLease? lease = await presentities.AcquireAsync(watcher, CancellationToken.None);
        return lease is null ? noted : Of(lease.Presentity, presentity);
    }

    private Visibility Of(Presentity watcher, Jid presentity)
    {
        VisibilityRuleSet rules = Of(watcher);
        return ReferenceEquals(rules, VisibilityRuleSet.Empty) ? Visibility.Full : rules.Of(presentity, watcher.Contact(presentity));
    }

    private async ValueTask<VisibilityRuleSet> ReadAsync(Jid account) =>
        await engine.GetAsync(Collection, account, Key) is { } stored
            ? VisibilityRuleSet.Read(Element.Parse(stored.Span), out _) ?? VisibilityRuleSet.Empty
            : VisibilityRuleSet.Empty;
}
