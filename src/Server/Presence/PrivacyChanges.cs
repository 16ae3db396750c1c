using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Rules.Privacy;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence;

/// <summary>
/// Puts privacy lists in force (XEP-0016 1.7): subscribers are told what they see differently now, who got directed presence that is denied now that it ended, and
/// contacts that may be heard again are asked.
/// </summary>
public sealed class PrivacyChanges(
    PrivacyLists lists, AccessChanges changes, PresenceDelivery delivery, Fetches fetches, Subscriptions subscriptions, Presentities presentities, LocalDomains domains)
{
    /// <summary>Makes a change and tells its difference. Under the gate.</summary>
    /// <param name="presentity">Whose lists.</param>
    /// <param name="state">All lists from now on; null: as they are.</param>
    /// <param name="others">What else changes: active lists.</param>
    /// <returns>What is to be finished when the gate was left.</returns>
    internal Told Apply(Presentity presentity, PrivacyState? state, Action? others)
    {
        List<(ClientSession Session, Jid Contact)> unheard = [.. Unheard(presentity)];
        changes.Apply(
            presentity, null,
            batch =>
            {
                if (state is not null)
                {
                    Store(batch, presentity.Address, state);
                    lists.Set(presentity, state);
                }
                others?.Invoke();
            },
            out List<Subscribe> after, out Task commit);
        foreach (ClientSession session in presentity.SessionSpan)
            EndDirected(session);
        return new Told([.. unheard.Where(pair => !lists.Denies(pair.Session, PrivacyKinds.PresenceIn, pair.Contact))], after, commit);
    }

    /// <summary>Waits until it is durable, and asks those who may be heard again for what they said meanwhile. Under no gate.</summary>
    internal async ValueTask FinishAsync(Presentity presentity, Told told)
    {
        foreach (Jid contact in told.Heard.Select(static pair => pair.Contact).Distinct().Where(contact => !domains.IsLocal(contact)))
            fetches.SendProbe(presentity, contact);
        foreach ((ClientSession session, Jid contact) in told.Heard)
        {
            if (domains.IsLocal(contact) && presentities.TryFind(contact, out Presentity? other))
                fetches.TellWatcher(other, session);
        }
        await Subscriptions.DurableAsync(presentity, told.Commit);
        await subscriptions.DeliverAsync(presentity, told.After);
    }

    private static void Store(StorageBatch batch, Jid account, PrivacyState state)
    {
        if (state.Lists.IsEmpty)
            batch.Delete(PrivacyLists.Collection, account, PrivacyLists.Key);
        else
            batch.Put(PrivacyLists.Collection, account, PrivacyLists.Key, Encoding.UTF8.GetBytes(PrivacyForm.WriteState(state).ToString()));
    }

    private IEnumerable<(ClientSession Session, Jid Contact)> Unheard(Presentity presentity) =>
        ReferenceEquals(lists.State(presentity), PrivacyState.Empty)
            ? []
            : from session in presentity.Sessions
              where session.IsAvailable
              from item in presentity.Roster.Items
              where item.State.HasTo() && lists.Denies(session, PrivacyKinds.PresenceIn, item.Jid)
              select (session, item.Jid);

    private void EndDirected(ClientSession session)
    {
        foreach (Jid to in session.Directed)
        {
            if (!lists.Denies(session, PrivacyKinds.PresenceOut, to))
                continue;
            session.Directed = session.Directed.Remove(to);
            delivery.Send(new Notification { Type = PresenceType.Unavailable, From = session.Address, To = to });
        }
    }

    /// <summary>What follows a change.</summary>
    /// <param name="Heard">Who may be heard again, and where.</param>
    /// <param name="After">Subscription stanzas.</param>
    /// <param name="Commit">When it is durable.</param>
    internal readonly record struct Told(IReadOnlyList<(ClientSession Session, Jid Contact)> Heard, List<Subscribe> After, Task Commit);
}
