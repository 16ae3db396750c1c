namespace PresenceXml.Server.Federation.Dns;

/// <summary>The permission to have one question under way.</summary>
internal sealed class QuestionSlot : IDisposable
{
    private readonly QuestionSlots slots;
    private readonly CancellationTokenSource giveWay = new();

    internal QuestionSlot(QuestionSlots slots, long since)
    {
        this.slots = slots;
        Since = since;
        Place = new LinkedListNode<QuestionSlot>(this);
        Token = giveWay.Token;
    }

    /// <summary>Cancelled when this one has to give way to newer ones.</summary>
    public CancellationToken Token { get; }

    internal long Since { get; }
    internal LinkedListNode<QuestionSlot> Place { get; }

    public void Dispose()
    {
        slots.Leave(this);
        giveWay.Dispose();
    }

    /// <summary>Called under the gate of all slots, so what is cancelled must not run there.</summary>
    internal void GiveWay() => _ = giveWay.CancelAsync();
}
