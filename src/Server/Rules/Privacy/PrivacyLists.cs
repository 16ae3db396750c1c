using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Rules.Privacy;

/// <summary>
/// What the privacy lists of an account (XEP-0016 1.7) say: a session's active list, or else the default list. Read without waiting; an account without lists costs
/// one comparison.
/// </summary>
public sealed class PrivacyLists
{
    internal const string Collection = "privacy";
    internal const string Key = "lists";

    private readonly StorageEngine engine;
    private readonly int slot;

    public PrivacyLists(AccountStates states, StorageEngine engine)
    {
        this.engine = engine;
        slot = states.Add(async (account, _) => await LoadAsync(account));
    }

    /// <summary>Off, no stored list has any effect. Before the first account is loaded.</summary>
    internal bool IsOn { get; set; }

    internal PrivacyState State(Presentity presentity) => (PrivacyState)presentity.GetState(slot);

    /// <summary>Under the gate.</summary>
    internal void Set(Presentity presentity, PrivacyState state) =>
        presentity.SetState(slot, state.Lists.IsEmpty ? PrivacyState.Empty : state);

    /// <summary>Does any list that may apply ask about the roster?</summary>
    internal bool UsesContacts(Presentity presentity)
    {
        PrivacyState state = State(presentity);
        return !ReferenceEquals(state, PrivacyState.Empty) && state.Lists.Values.Any(static list => list.UsesContacts);
    }

    /// <summary>Is this between the account and the other denied for this session?</summary>
    internal bool Denies(ClientSession session, PrivacyKinds kind, Jid peer)
    {
        Presentity presentity = session.Presentity;
        PrivacyState state = State(presentity);
        return !ReferenceEquals(state, PrivacyState.Empty) && !IsOwn(presentity, peer) && Denies(session.PrivacyList ?? state.Default, kind, peer, presentity.Contact(peer.Bare));
    }

    /// <summary>Is it denied for the whole account: by the lists of all its sessions, or, while it has none, by the default list? Of messages those count that take them.</summary>
    internal bool Denies(Presentity presentity, PrivacyKinds kind, Jid peer)
    {
        PrivacyState state = State(presentity);
        if (ReferenceEquals(state, PrivacyState.Empty) || IsOwn(presentity, peer))
            return false;
        RosterItem? contact = presentity.Contact(peer.Bare);
        bool any = false;
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (kind == PrivacyKinds.Message && !session.TakesMessages)
                continue;
            any = true;
            if (!Denies(session.PrivacyList ?? state.Default, kind, peer, contact))
                return false;
        }
        return any || Denies(state.Default, kind, peer, contact);
    }

    /// <summary>The resources whose presence this watcher does not see; null, nearly always: the lists hide none of them, or there are none.</summary>
    internal HiddenResources? HiddenFrom(Presentity presentity, Jid watcher)
    {
        PrivacyState state = State(presentity);
        if (ReferenceEquals(state, PrivacyState.Empty) || IsOwn(presentity, watcher))
            return null;
        RosterItem? contact = presentity.Contact(watcher.Bare);
        bool others = Denies(state.Default, PrivacyKinds.PresenceOut, watcher, contact);
        bool any = others;
        var hidden = ImmutableDictionary.CreateBuilder<string, bool>(StringComparer.Ordinal);
        foreach (ClientSession session in presentity.SessionSpan)
        {
            bool isHidden = Denies(session.PrivacyList ?? state.Default, PrivacyKinds.PresenceOut, watcher, contact);
            any |= isHidden;
            hidden[session.Address.Resource!] = isHidden;
        }
        return any ? new HiddenResources(hidden.ToImmutable(), others) : null;
    }

    // §2.1, note: never one's own resources; and the server's answers must reach its account.
    private static bool IsOwn(Presentity presentity, Jid peer) =>
        peer.Domain == presentity.Address.Domain && (!peer.HasLocal || peer.Local == presentity.Address.Local);

    private static bool Denies(PrivacyList? list, PrivacyKinds kind, Jid peer, RosterItem? contact) => list is not null && list.Denies(kind, peer, contact);

    [SuppressMessage("Reliability", "CA2016", Justification = "An account is loaded for all who wait for it.")]
    private async ValueTask<PrivacyState> LoadAsync(Jid account) =>
        IsOn && await engine.GetAsync(Collection, account, Key) is { } stored
            ? PrivacyForm.ReadState(Element.Parse(Encoding.UTF8.GetString(stored.Span)))
            : PrivacyState.Empty;
}
