using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Routing;

/// <summary>Deletes an account while the server runs: nothing of it stays here or in others' rosters as a subscription or pending entry.</summary>
public sealed class AccountRemoval
{
    private readonly Presentities presentities;
    private readonly AccountStore accounts;
    private readonly RosterStore rosters;
    private readonly InstantInbox inbox;
    private readonly Notifications notifications;
    private readonly Subscriptions subscriptions;
    private readonly VirtualTuples tuples;
    private readonly Watchers watchers;

    public AccountRemoval(
        Presentities presentities, AccountStore accounts, RosterStore rosters, InstantInbox inbox, Notifications notifications, Subscriptions subscriptions,
        VirtualTuples tuples, Watchers watchers)
    {
        this.presentities = presentities;
        this.accounts = accounts;
        this.rosters = rosters;
        this.inbox = inbox;
        this.notifications = notifications;
        this.subscriptions = subscriptions;
        this.tuples = tuples;
        this.watchers = watchers;
    }

    /// <summary>
    /// Ends the account's sessions with <c>not-authorized</c>, tells its contacts that subscriptions are over, and deletes everything
    /// stored. Durable on return. False when there is no such account.
    /// </summary>
    /// <exception cref="StorageException">It could not be deleted; it then exists still, and may be deleted again.</exception>
    public Task<bool> DeleteAsync(Jid account, CancellationToken cancel) => DeleteAsync(account, null, cancel);

    /// <summary>As <see cref="DeleteAsync(Jid, CancellationToken)"/>, for an account that asked for it itself.</summary>
    /// <param name="account">The account.</param>
    /// <param name="asker">The session that asked: it is left for the caller to answer and close.</param>
    /// <param name="cancel">Stops the wait for the account to be loaded, not the deletion.</param>
    internal async Task<bool> DeleteAsync(Jid account, ClientSession? asker, CancellationToken cancel)
    {
        using PresentityLease? lease = await presentities.AcquireAsync(account.Bare, cancel);
        if (lease is null)
            return false;
        Presentity presentity = lease.Presentity;
        lock (presentity.Gate)
        {
            if (presentity.IsRemoved)
                return false;
            foreach (ClientSession session in presentity.SessionSpan)
            {
                if (session != asker)
                    session.Close(StreamError.NotAuthorized);
            }
        }
        foreach (ClientSession session in presentity.Sessions)
            notifications.EndPresence(session, null);

        var contacts = new HashSet<Jid>(presentity.Roster.Items.Where(item => item.State != SubscriptionState.None).Select(item => item.Jid));
        contacts.UnionWith(await rosters.FindHoldersAsync(account.Bare, CancellationToken.None));
        contacts.Remove(account.Bare);
        lock (presentity.Gate)
            presentity.IsRemoved = true;
        try
        {
            // From here on nothing is enqueued for it; what was, is in front of the deletion.
            inbox.Fence();
            await subscriptions.SayGoodbyeAsync(presentity, contacts);
            bool isDeleted = await accounts.DeleteAsync(account.Bare, CancellationToken.None);
            tuples.Forget(account.Bare);
            watchers.LetGo?.Invoke(presentity);
            return isDeleted;
        }
        catch (StorageException)
        {
            // It exists still, but what was refused meanwhile is in memory only.
            lock (presentity.Gate)
                presentity.IsRemoved = false;
            presentity.Fail();
            throw;
        }
    }
}
