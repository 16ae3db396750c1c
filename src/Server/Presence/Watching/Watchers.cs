using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Appearance;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>
/// WATCHER INFORMATION (RFC 2778 §2.4): who has received, or asked for, a presentity's presence. What happens is noted here, under the presentity's gate
/// and without waiting; <see cref="WatcherKeeper"/> stores it and tells the owner, <see cref="WatcherReader"/> shows it. A broadcast notes nothing but
/// its moment, in the presentity. docs/protocol/watchers.md.
/// </summary>
public sealed class Watchers
{
    /// <summary>Our namespace.</summary>
    public const string Ns = "urn:x-presencexml:watchers:0";

    internal const string Collection = "watchers";
    internal const string HeadKey = "head";
    internal const string FirstKey = "w:";
    internal const string LastKey = "w;";

    private readonly VisibilityRules visibility;
    private readonly StorageEngine engine;
    private readonly TimeProvider clock;
    private readonly int slot;

    public Watchers(VisibilityRules visibility, AccountStates states, StorageEngine engine, TimeProvider clock)
    {
        this.visibility = visibility;
        this.engine = engine;
        this.clock = clock;
        slot = states.Add(async (account, _) => await ReadAsync(account));
    }

    /// <summary>Off, nothing is noted.</summary>
    internal bool IsOn => Keep is not null;

    /// <summary>Takes an account of which something was noted, and a lease of it that it gives back. Set once, before the first connection.</summary>
    internal Action<Presentity>? Keep { get; set; }

    /// <summary>Lets go of an account that is gone, so that one of its name can be made. Under no gate.</summary>
    internal Action<Presentity>? LetGo { get; set; }

    /// <summary>Strangers that one account remembers; the one not heard of for longest gives way.</summary>
    internal int MaxStrangers { get; set; } = 1000;

    /// <summary>For how many days watchers are listed where the account does not say.</summary>
    internal int DefaultDays { get; set; } = 30;

    /// <summary>How often a POLLER is answered.</summary>
    internal TimeSpan PollEvery { get; set; } = TimeSpan.FromMinutes(1);

    internal static string KeyOf(Jid watcher) => FirstKey + watcher;

    internal WatcherTable Of(Presentity presentity) => (WatcherTable)presentity.GetState(slot);

    /// <summary>For how long watchers of this account are listed.</summary>
    internal int DaysOf(Presentity presentity) => Of(presentity).Head.Days is > 0 and int days ? days : DefaultDays;

    /// <summary>Notes what happened. Under the presentity's gate; never waits.</summary>
    public void Note(Presentity presentity, in WatcherEvent happened)
    {
        if (!IsOn || presentity.IsRemoved || happened.Watcher == presentity.Address)
            return;
        WatcherTable table = Changeable(presentity);
        WatcherRecord? record = table.Find(happened.Watcher);
        // Also its counts are forgotten, whether or not the keeper came by.
        if (record is null || IsExpired(presentity, record))
            record = WatcherRecord.New(happened.Watcher, clock.GetUtcNow());
        table.Set(record.After(happened, clock.GetUtcNow()));
        Bound(presentity, table, happened.Watcher);
        KeepNow(presentity, table);
    }

    /// <summary>
    /// Notes a fetch, and says whether it is to be answered. A probe always is: RFC 6121 §4.3.2 demands it for a subscriber, and others are refused anyway.
    /// So is a refusal, or it would tell a stranger that there is somebody. Under the presentity's gate.
    /// </summary>
    /// <param name="presentity">Who was asked.</param>
    /// <param name="watcher">Who asks, by any of his addresses.</param>
    /// <param name="form">By what.</param>
    /// <param name="strength">How sure it is that it is he.</param>
    /// <param name="isPermitted">He is to get an answer that is none of a stranger's.</param>
    /// <param name="request">What he sent; it may say how he wants to appear.</param>
    public FetchVerdict NoteFetch(Presentity presentity, Jid watcher, FetchForm form, Strength strength, bool isPermitted, Stanza? request = null)
    {
        Jid bare = watcher.Bare;
        if (!IsOn || presentity.IsRemoved || bare == presentity.Address)
            return FetchVerdict.Answer;
        WatcherAct act = isPermitted ? WatcherAct.Fetched : WatcherAct.FetchedInVain;
        Note(presentity, new WatcherEvent(bare, act, strength, visibility.WishOf(presentity, bare, request, strength)));
        DateTimeOffset now = clock.GetUtcNow();
        WatcherTable table = Of(presentity);
        table.LastFetch = now;
        if (form == FetchForm.Probe || !isPermitted || table.Find(bare) is not { } record)
            return FetchVerdict.Answer;
        if (record.IsPoller && now - record.Answered < PollEvery)
            return new FetchVerdict(PollEvery - (now - record.Answered));
        table.Amend(record with { Answered = now });
        return FetchVerdict.Answer;
    }

    /// <summary>Notes a probe that is a fetch: not what a server asks for a subscriber, from its bare address, which is upkeep of the subscription.</summary>
    internal void NoteProbe(Presentity presentity, Fetch probe, Strength strength, bool isPermitted)
    {
        if (IsOn && (probe.From!.IsFull || !AccessRules.IsSubscribed(presentity, probe.From)))
            NoteFetch(presentity, probe.From, FetchForm.Probe, strength, isPermitted, probe);
    }

    /// <summary>Notes a subscription stanza that came in.</summary>
    /// <param name="owner">For whom.</param>
    /// <param name="stanza">From a bare address.</param>
    /// <param name="strength">How sure it is who sent it.</param>
    /// <param name="after">What became of his subscription; null: a rule turned it away.</param>
    internal void NoteInbound(Presentity owner, Subscribe stanza, Strength strength, SubscriptionState? after)
    {
        if (!IsOn)
            return;
        Jid watcher = stanza.From!.Bare;
        SubscriptionState before = owner.Contact(watcher)?.State ?? SubscriptionState.None;
        WatcherAct? act = stanza.Type switch
        {
            SubscribeType.Subscribe when after is null => WatcherAct.TurnedAway,
            SubscribeType.Subscribe when before.HasFrom() => null,
            SubscribeType.Subscribe when after.Value.HasFrom() => WatcherAct.Approved,
            SubscribeType.Subscribe => WatcherAct.Asked,
            SubscribeType.Unsubscribe when before.HasFrom() => WatcherAct.Left,
            SubscribeType.Unsubscribe when before.HasPendingIn() => WatcherAct.Withdrew,
            _ => null,
        };
        if (act is { } noted)
            Note(owner, new WatcherEvent(watcher, noted, strength, visibility.WishOf(owner, watcher, stanza, strength)));
    }

    /// <summary>Notes what the owner answers to a watcher, or takes from him.</summary>
    internal void NoteAnswer(Presentity owner, Jid watcher, SubscriptionState before, SubscriptionState after)
    {
        if (!IsOn)
            return;
        if (!before.HasFrom() && after.HasFrom())
            Note(owner, new WatcherEvent(watcher, WatcherAct.Approved, Strength.None));
        else if ((before.HasFrom() || before.HasPendingIn()) && !after.HasFrom() && !after.HasPendingIn())
            Note(owner, new WatcherEvent(watcher, WatcherAct.Rejected, Strength.None));
    }

    /// <summary>Notes directed presence to one who is not subscribed. Of what follows the first only the time is of interest; rooms are no watchers.</summary>
    internal void NoteDirected(Presentity presentity, Protocol.Stanzas.Presence presence, bool isFirst)
    {
        if (!IsOn || presence.Content.Has("http://jabber.org/protocol/muc", "x"))
            return;
        Jid to = presence.To!.Bare;
        if (isFirst || Of(presentity).Find(to) is not null)
            Note(presentity, new WatcherEvent(to, WatcherAct.ToldDirectly, Strength.None));
    }

    /// <summary>Notes that all who may see it were told of a presence just now. Costs the same for any number of watchers.</summary>
    internal void NoteBroadcast(Presentity presentity) => presentity.LastBroadcast = clock.GetUtcNow();

    /// <summary>True for a POLLER; for access rules. Also without the gate.</summary>
    public bool IsPoller(Presentity presentity, Jid watcher) => Of(presentity).Head.Marks.TryGetValue(watcher.Bare, out WatcherMark mark) && mark.IsPoller;

    /// <summary>How this watcher appears to this presentity; for access rules, to which hidden watchers may be strangers. Also without the gate.</summary>
    public Visibility VisibilityOf(Presentity presentity, Jid watcher)
    {
        if (visibility.WishOf(presentity, watcher, null, Strength.None) is { } wish)
            return wish;
        return Of(presentity).Head.Marks.TryGetValue(watcher.Bare, out WatcherMark mark) ? mark.Shown : Visibility.Full;
    }

    /// <summary>The account's table, with all that was stored. Not under the gate.</summary>
    /// <exception cref="StorageException">It could not be read.</exception>
    internal async ValueTask<WatcherTable> LoadAsync(Presentity presentity)
    {
        if (Of(presentity).IsLoaded)
            return Of(presentity);
        IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> stored = await engine.RangeAsync(Collection, presentity.Address, FirstKey, LastKey);
        lock (presentity.Gate)
        {
            WatcherTable table = Of(presentity);
            table.Load(stored.Select(static entry => WatcherForm.Read(entry.Value)), record => IsExpired(presentity, record));
            return table;
        }
    }

    /// <summary>Changes what the account has set. Under the gate.</summary>
    internal void Set(Presentity presentity, Func<WatcherHead, WatcherHead> change)
    {
        WatcherTable table = Changeable(presentity);
        table.Head = change(table.Head);
        KeepNow(presentity, table);
    }

    /// <summary>The account's table to be changed. Under the gate.</summary>
    internal WatcherTable Changeable(Presentity presentity)
    {
        WatcherTable table = Of(presentity);
        if (!ReferenceEquals(table, WatcherTable.Nothing))
            return table;
        table = new WatcherTable(WatcherHead.Empty, isLoaded: true);
        presentity.SetState(slot, table);
        return table;
    }

    /// <summary>Under the gate, by who holds a lease.</summary>
    internal void KeepNow(Presentity presentity, WatcherTable table)
    {
        if (table.IsKept || presentity.IsRemoved || !presentity.TryAddLease())
            return;
        table.IsKept = true;
        Keep!(presentity);
    }

    /// <summary>A watcher that the presentity knows is kept as long as it is known; strangers are many.</summary>
    internal static bool IsStranger(Presentity presentity, Jid watcher) =>
        presentity.Contact(watcher) is not { } item || (!item.InRoster && !item.State.HasFrom());

    /// <summary>Nothing was heard of it for as long as the owner wants watchers listed. Under the gate. Subscribers stay: they still receive.</summary>
    internal bool IsExpired(Presentity presentity, WatcherRecord record) =>
        record.Last < clock.GetUtcNow() - TimeSpan.FromDays(DaysOf(presentity)) && IsStranger(presentity, record.Watcher);

    // The one just noted stays: it is the youngest.
    private void Bound(Presentity presentity, WatcherTable table, Jid newest)
    {
        if (MaxStrangers <= 0 || table.Records.Count <= MaxStrangers)
            return;
        int strangers = 0;
        WatcherRecord? oldest = null;
        foreach (WatcherRecord record in table.Records)
        {
            if (!IsStranger(presentity, record.Watcher))
                continue;
            strangers++;
            if (record.Watcher != newest && (oldest is null || record.Last < oldest.Last))
                oldest = record;
        }
        if (strangers <= MaxStrangers || oldest is null)
            return;
        table.Remove(oldest.Watcher);
        table.Head = table.Head with { Dropped = table.Head.Dropped + 1 };
    }

    private async ValueTask<WatcherTable> ReadAsync(Jid account) =>
        await engine.GetAsync(Collection, account, HeadKey) is { } stored ? new WatcherTable(WatcherForm.ReadHead(stored), isLoaded: false) : WatcherTable.Nothing;
}
