using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Modules.Blocking;

/// <summary>What presence a change of the block list sends (XEP-0191 §3.3, §3.4).</summary>
internal sealed class BlockingPresence(
    Notifications notifications, PresenceDelivery delivery, Fetches fetches, Presentities presentities, LocalDomains domains)
{
    /// <summary>
    /// Says goodbye to whoever received the owner's presence and is blocked now, and tells whoever is not blocked any more what he is
    /// entitled to. Under the owner's gate, after the new list is in force.
    /// </summary>
    /// <param name="owner">Whose list changed.</param>
    /// <param name="items">What was added or removed.</param>
    /// <param name="before">The list before.</param>
    /// <param name="after">The list now.</param>
    public void Tell(Presentity owner, IReadOnlyCollection<Jid> items, BlockList before, BlockList after)
    {
        foreach (Jid watcher in Subscribers(owner, items))
        {
            bool was = before.Matches(watcher), isNow = after.Matches(watcher);
            if (isNow && !was) notifications.SendUnavailable(owner, watcher);
            if (was && !isNow) notifications.SendCurrent(owner, watcher);
        }
        foreach (ClientSession session in owner.Sessions)
            EndDirected(session, after);
    }

    /// <summary>
    /// Fetches the presence of contacts that may be heard again, as a new resource would (RFC 6121 §4.2.2): what they sent meanwhile was
    /// dropped. Not under a gate.
    /// </summary>
    public void FetchAgain(Presentity owner, BlockList before, BlockList after)
    {
        Jid[] contacts = [.. owner.Roster.Items.Where(item => item.State.HasTo() && before.Matches(item.Jid) && !after.Matches(item.Jid)).Select(item => item.Jid)];
        foreach (Jid contact in contacts)
        {
            if (!domains.IsLocal(contact))
            {
                fetches.SendProbe(owner, contact);
                continue;
            }
            if (!presentities.TryFind(contact, out Presentity? presentity)) continue;
            foreach (ClientSession session in owner.Sessions.Where(session => session.IsAvailable))
                fetches.TellWatcher(presentity, session);
        }
    }

    /// <summary>The contacts with a subscription, and those of their resources that an item names.</summary>
    private static IEnumerable<Jid> Subscribers(Presentity owner, IReadOnlyCollection<Jid> items) =>
        owner.Roster.Items.Where(item => item.State.HasFrom()).Select(item => item.Jid)
            .Concat(items.Where(item => item.IsFull && owner.Contact(item.Bare) is { } contact && contact.State.HasFrom()));

    private void EndDirected(ClientSession session, BlockList after)
    {
        foreach (Jid to in session.Directed.Where(after.Matches))
        {
            session.Directed = session.Directed.Remove(to);
            delivery.Send(new Notification { Type = PresenceType.Unavailable, From = session.Address, To = to });
        }
    }
}
