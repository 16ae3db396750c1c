using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>Changes of one account that look first and then write: one after the other. Accounts share a few turns.</summary>
internal sealed class AccountTurns
{
    private readonly SemaphoreSlim[] turns = [.. Enumerable.Range(0, 64).Select(static _ => new SemaphoreSlim(1, 1))];

    public async ValueTask<Turn> TakeAsync(Jid account, CancellationToken cancel)
    {
        var turn = turns[(uint)account.GetHashCode() % (uint)turns.Length];
        await turn.WaitAsync(cancel);
        return new Turn(turn);
    }

    /// <summary>Held until it is disposed.</summary>
    public readonly struct Turn(SemaphoreSlim held) : IDisposable
    {
        public void Dispose() => held.Release();
    }
}
