using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Presence;

/// <summary>Gives an account a service or takes it away while the server runs: watchers see its presence go or come, and it theirs.</summary>
public sealed class ServiceChanges(
    AccountServices services, AccessChanges changes, Presentities presentities, Notifications notifications, Subscriptions subscriptions, LocalDomains domains)
{
    /// <summary>False when there is no such account. Durable on return.</summary>
    /// <param name="account">Its bare JID.</param>
    /// <param name="off">What it is to be without, beside what its domain is.</param>
    /// <param name="cancel">Ends the wait for the account.</param>
    public async Task<bool> SetAsync(Jid account, ServicesOff off, CancellationToken cancel)
    {
        using PresentityLease? lease = await presentities.AcquireAsync(account, cancel);
        if (lease is null)
            return false;
        Presentity presentity = lease.Presentity;
        bool had, has;
        List<Subscribe> after;
        Task commit;
        lock (presentity.Gate)
        {
            had = !services.Of(presentity).HasFlag(ServicesOff.Presence);
            if (had && off.HasFlag(ServicesOff.Presence))
                EndPresence(presentity);
            changes.Apply(presentity, null, batch => services.Set(presentity, off, batch), out after, out commit);
            has = !services.Of(presentity).HasFlag(ServicesOff.Presence);
        }
        await Subscriptions.DurableAsync(presentity, commit);
        await subscriptions.DeliverAsync(presentity, after);
        if (!had && has)
        {
            foreach (ClientSession session in presentity.Sessions)
            {
                if (session.IsAvailable)
                    notifications.FetchContacts(session);
            }
        }
        return true;
    }

    // What its sessions show others and are shown ends: directed presence, and that of contacts here and elsewhere. Under the gate.
    private void EndPresence(Presentity presentity)
    {
        foreach (ClientSession session in presentity.SessionSpan)
            notifications.EndDirected(session);
        foreach (RosterItem item in presentity.Roster.Items)
        {
            if (!item.State.HasTo())
                continue;
            if (domains.IsLocal(item.Jid))
            {
                if (!presentities.TryFind(item.Jid, out Presentity? contact))
                    continue;
                foreach (ClientSession shown in contact.SessionSpan)
                {
                    if (shown.ShownPresence is not null)
                        TakeBack(presentity, shown.Address);
                }
            }
            else
            {
                TakeBack(presentity, item.Jid);
            }
        }
    }

    // To those who saw nothing of it, it says nothing.
    private static void TakeBack(Presentity presentity, Jid from)
    {
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (session.IsAvailable)
                session.TrySend(new Protocol.Stanzas.Presence { Type = PresenceType.Unavailable, From = from, To = presentity.Address });
        }
    }
}
