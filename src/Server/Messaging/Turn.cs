using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Messaging;

/// <summary>
/// While it is held, nothing else is put in the line of the accounts concerned: what a resource sees of sent and received messages comes in
/// the order of their sequences. See docs/architecture.md, "Two lines, one order". Taken inside a gate, never the other way round.
/// </summary>
internal ref struct Turn
{
    private Lock.Scope first;
    private Lock.Scope second;

    /// <summary>True when the line of the sender's account is held: another resource of it is to see what was sent.</summary>
    public bool IsSenders { get; private init; }

    /// <summary>Takes the lines of those two that have a resource with carbons to see it; nothing when neither has.</summary>
    /// <param name="recipient">Under its gate.</param>
    /// <param name="sender">Who sends; null when it is not one of ours.</param>
    public static Turn Take(Presentity recipient, ClientSession? sender)
    {
        Presentity? one = CarbonCopies.AreWanted(recipient, null) ? recipient : null;
        Presentity? other = sender is not null && sender.Presentity != recipient && CarbonCopies.AreWanted(sender.Presentity, sender) ? sender.Presentity : null;
        var turn = new Turn { IsSenders = other is not null };
        // Always in the same order, or two who write to each other would wait for each other.
        if (one is not null && other is not null && one.Number > other.Number)
            (one, other) = (other, one);
        if (one is not null)
            turn.first = one.Line.EnterScope();
        if (other is not null)
            turn.second = other.Line.EnterScope();
        return turn;
    }

    public void Dispose()
    {
        second.Dispose();
        first.Dispose();
    }
}
