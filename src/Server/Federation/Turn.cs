namespace PresenceXml.Server.Federation;

/// <summary>The permission to try one thing.</summary>
internal sealed class Turn : IDisposable
{
    private readonly Turns turns;
    private readonly CancellationTokenSource giveWay = new();

    internal Turn(Turns turns, long since)
    {
        this.turns = turns;
        Since = since;
        Place = new LinkedListNode<Turn>(this);
        Token = giveWay.Token;
    }

    /// <summary>Cancelled when this one has to give way to newer ones.</summary>
    public CancellationToken Token { get; }

    internal long Since { get; }
    internal LinkedListNode<Turn> Place { get; }

    public void Dispose()
    {
        turns.Leave(this);
        giveWay.Dispose();
    }

    /// <summary>Called under the gate of all turns, so what is cancelled must not run there.</summary>
    internal void GiveWay() => _ = giveWay.CancelAsync();
}
