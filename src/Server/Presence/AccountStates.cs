using PresenceXml.Protocol;

namespace PresenceXml.Server.Presence;

/// <summary>Loads one module's state of an account.</summary>
internal delegate ValueTask<object> AccountStateLoader(Jid account, CancellationToken cancel);

/// <summary>What the modules remember of an account while it is loaded; recorded while they register.</summary>
public sealed class AccountStates
{
    private readonly List<AccountStateLoader> recorded = [];
    private AccountStateLoader[] loaders = [];
    private bool frozen;

    /// <summary>The slot of the new state in each presentity.</summary>
    internal int Add(AccountStateLoader loader)
    {
        if (frozen)
            throw new InvalidOperationException("Modules open account state while they register, not later.");
        recorded.Add(loader);
        return recorded.Count - 1;
    }

    internal void Freeze()
    {
        loaders = [.. recorded];
        frozen = true;
    }

    internal async ValueTask<object[]> LoadAsync(Jid account, CancellationToken cancel)
    {
        if (loaders.Length == 0)
            return [];
        var states = new object[loaders.Length];
        for (int i = 0; i < states.Length; i++)
            states[i] = await loaders[i](account, cancel);
        return states;
    }
}
