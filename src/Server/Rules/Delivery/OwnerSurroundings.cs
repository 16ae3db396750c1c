using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>What tests may ask about a loaded account. Under its gate.</summary>
internal sealed class OwnerSurroundings(
    Presentity owner, DeliveryNotes notes, AccessRules access, SenderRates rates, DateTimeOffset now, bool isTrial) : IDeliverySurroundings
{
    private Dictionary<TimeSpan, int>? counted;

    public Jid Account => owner.Address;

    public DateTimeOffset Now => now;

    // An account that was never seen off has been off for ever.
    public DateTimeOffset? OfflineSince => owner.IsAvailable ? null : owner.LastUnavailable?.Time ?? DateTimeOffset.MinValue;

    public RosterItem? Contact(Jid bare) => owner.Contact(bare);

    public bool IsPresentTo(Jid bare)
    {
        foreach (ClientSession session in owner.SessionSpan)
        {
            foreach (Jid directed in session.Directed)
            {
                if (directed.Bare == bare)
                    return true;
            }
        }
        return false;
    }

    public bool Wrote(Jid bare) => notes.Find(DeliveryNoteKind.Wrote, bare.ToString()) is not null;

    public bool Heard(Jid bare) => notes.Find(DeliveryNoteKind.Heard, bare.ToString()) is not null;

    public bool Shows(string show)
    {
        foreach (ClientSession session in owner.SessionSpan)
        {
            if (session.LastPresence is { } presence && (presence.Content.Text("show") ?? "online") == show)
                return true;
        }
        return false;
    }

    // Once for each stanza, however many tests ask.
    public int Count(Jid sender, TimeSpan per)
    {
        counted ??= [];
        if (!counted.TryGetValue(per, out int count))
            counted[per] = count = rates.Count(owner.Address, sender, per, now, !isTrial);
        return count;
    }

    public bool MayLearn(Jid who) => access.Learn(owner, who).IsAllowed;

    public DateTimeOffset? Replied(string rule, Jid sender) => notes.Find(DeliveryNoteKind.Replied, DeliveryNotes.ReplyTo(rule, sender));
}
