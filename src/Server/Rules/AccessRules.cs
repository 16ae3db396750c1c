using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Server.Rules.Privacy;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Rules;

/// <summary>
/// The one place that decides who may learn what of a presentity (D5): broadcasts, probes, fetches, last activity, service discovery and vCards
/// ask here. In this order: the principal itself may learn everything; whom a rule of the account turns away (blocking) nothing; then the
/// presentity's own access rules (RFC 5025) decide what they speak of, and the subscription the rest.
/// </summary>
public sealed class AccessRules
{
    internal const string Collection = "access";
    internal const string Key = "rules";

    private static readonly Fetch Question = new();

    private readonly RuleChain rules;
    private readonly Strengths strengths;
    private readonly Watchers watchers;
    private readonly PrivacyLists privacy;
    private readonly StorageEngine engine;
    private readonly TimeProvider clock;
    private readonly ILogger<AccessRules> logger;
    private readonly int slot;

    public AccessRules(
        RuleChain rules, Strengths strengths, Watchers watchers, PrivacyLists privacy, AccountStates states, StorageEngine engine, TimeProvider clock,
        ILogger<AccessRules> logger)
    {
        this.rules = rules;
        this.strengths = strengths;
        this.watchers = watchers;
        this.privacy = privacy;
        this.engine = engine;
        this.clock = clock;
        this.logger = logger;
        slot = states.Add(async (account, _) => await LoadAsync(account));
    }

    /// <summary>What this watcher may learn of this presentity now. Under its gate, or where a moment's delay does not matter.</summary>
    /// <param name="presentity">Whose presence it is.</param>
    /// <param name="watcher">Who would learn of it, by any of his addresses.</param>
    public AccessDecision Decide(Presentity presentity, Jid watcher)
    {
        if (watcher.Bare == presentity.Address)
            return AccessDecision.Everything;
        return IsWelcome(presentity, watcher) ? DecideByRules(presentity, watcher) : AccessDecision.Nothing;
    }

    /// <summary>As <see cref="Decide"/>, but for block lists: what he could learn until he was blocked.</summary>
    internal AccessDecision DecideByRules(Presentity presentity, Jid watcher)
    {
        AccessDecision decision = DecideByOwnRules(presentity, watcher);
        return decision.IsAllowed && privacy.HiddenFrom(presentity, watcher) is { } hidden ? decision with { Hidden = hidden } : decision;
    }

    private AccessDecision DecideByOwnRules(Presentity presentity, Jid watcher)
    {
        RosterItem? contact = presentity.Contact(watcher.Bare);
        bool isSubscribed = contact is not null && contact.State.HasFrom();
        AccessState state = State(presentity);
        if (ReferenceEquals(state, AccessState.Empty))
            return isSubscribed ? AccessDecision.Everything : AccessDecision.Nothing;
        AccessRuleSet.Combined said = Ask(presentity, state, contact, watcher, strengths.Of(watcher));
        return Conclude(said, contact, isSubscribed);
    }

    /// <summary>May this watcher learn of this presentity, by subscription, by a rule, or by directed presence of any resource? Also one who sees an absence: what he sees is <see cref="Decide"/>'s.</summary>
    public bool MayLearn(Presentity presentity, Jid watcher)
    {
        AccessDecision decision = Learn(presentity, watcher);
        return decision.IsAllowed || decision.SeesAbsence;
    }

    /// <summary>As <see cref="Decide"/>, where directed presence of any resource is as good as a subscription.</summary>
    public AccessDecision Learn(Presentity presentity, Jid watcher)
    {
        AccessDecision decision = Decide(presentity, watcher);
        return !decision.IsAllowed && HasDirected(presentity, watcher) && IsWelcome(presentity, watcher) ? AccessDecision.Everything : decision;
    }

    /// <summary>As <see cref="MayLearn"/>, without directed presence: what a broadcast and a probe of the bare JID go by (RFC 6121 §4.3.2, §4.6.3).</summary>
    public bool MayWatch(Presentity presentity, Jid watcher) => Decide(presentity, watcher).IsAllowed;

    /// <summary>May this entity reach this one resource with a request (RFC 6121 §8.5.3.1)?</summary>
    public bool MayReach(ClientSession session, Jid other)
    {
        Presentity presentity = session.Presentity;
        if (other.Bare == presentity.Address)
            return true;
        if (HasDirected(session, other) || HasDirectedNear(session, other))
            return IsWelcome(presentity, other);
        AccessDecision decision = Decide(presentity, other);
        return decision.IsAllowed && !session.IsInvisible && decision.Hidden?.Hides(session.Address) is not true && decision.View.ShowsResource(session.Address.Resource!, session.LastPresence);
    }

    /// <summary>Do the presentity's rules hide this resource from a subscriber, for whom it has to be as one that is off on every path?</summary>
    internal bool Hides(ClientSession session, Jid other) =>
        !ReferenceEquals(State(session.Presentity), AccessState.Empty) && IsSubscribed(session.Presentity, other) && !MayReach(session, other);

    /// <summary>Off, no stored rule has any effect. Before the first account is loaded.</summary>
    internal bool IsOn { get; set; } = true;

    /// <summary>Accounts that were loaded with rules of which time, or how sure it is who somebody is, may change the answer.</summary>
    internal ConcurrentDictionary<Jid, bool> Restless { get; } = new();

    /// <summary>Called when there is one of them.</summary>
    internal Action? Roused { get; set; }

    /// <summary>The rules of a loaded account.</summary>
    internal AccessState State(Presentity presentity) => (AccessState)presentity.GetState(slot);

    /// <summary>Under the gate, by <see cref="AccessChanges"/> only: it tells the watchers the difference.</summary>
    internal void Set(Presentity presentity, AccessState state)
    {
        presentity.SetState(slot, state);
        Note(presentity.Address, state);
    }

    /// <summary>What the rules say of a watcher, whatever his subscription; silent where none speaks of him. For a request that is to become one.</summary>
    internal AccessRuleSet.Combined Ask(Presentity presentity, Jid watcher, Strength strength)
    {
        AccessState state = State(presentity);
        return ReferenceEquals(state, AccessState.Empty) ? AccessRuleSet.Combined.Silent : Ask(presentity, state, presentity.Contact(watcher.Bare), watcher, strength);
    }

    /// <summary>As <see cref="Ask(Presentity, Jid, Strength)"/>, by the strength that is known.</summary>
    internal AccessRuleSet.Combined Ask(Presentity presentity, Jid watcher) => Ask(presentity, watcher, strengths.Of(watcher));

    /// <summary>Has this resource sent this entity directed presence that it has not taken back?</summary>
    internal static bool HasDirected(ClientSession session, Jid other) =>
        !session.Directed.IsEmpty && (session.Directed.Contains(other) || session.Directed.Contains(other.Bare));

    /// <summary>
    /// Has this resource sent directed presence to any resource of this bare address? What is sent to a room goes to all its occupants, who
    /// ask by way of it (XEP-0045 1.35, "Business Rules", IQ); another resource of the same person is the same person.
    /// </summary>
    internal static bool HasDirectedNear(ClientSession session, Jid other)
    {
        foreach (Jid directed in session.Directed)
        {
            if (directed.IsFull && directed.Bare == other.Bare)
                return true;
        }
        return false;
    }

    /// <summary>Has this watcher a subscription, whether or not a rule turns it away at the moment?</summary>
    internal static bool IsSubscribed(Presentity presentity, Jid watcher) =>
        presentity.Contact(watcher.Bare) is { } item && item.State.HasFrom();

    /// <summary>Does no block list of the account turn this watcher away?</summary>
    internal bool IsWelcome(Presentity presentity, Jid watcher)
    {
        Stanza question = Question;
        return rules.AskRecipient(presentity, watcher, ref question) is null;
    }

    private AccessRuleSet.Combined Ask(Presentity presentity, AccessState state, RosterItem? contact, Jid watcher, Strength strength) =>
        state.Rules.Ask(new AccessQuestion
        {
            Watcher = watcher,
            Contact = contact,
            Strength = strength,
            Time = state.Time,
            Sphere = state.Rules.Sphere,
            IsPoller = watchers.IsPoller(presentity, watcher),
            Visibility = watchers.VisibilityOf(presentity, watcher),
            IsAnonymous = false,
        });

    // RFC 5025 §3.2.1 asks the presentity with "confirm"; once it has answered, its answer counts: see RosterItem.Withheld.
    private static AccessDecision Conclude(AccessRuleSet.Combined said, RosterItem? contact, bool isSubscribed)
    {
        AccessHandling handling = said.Handling ?? (isSubscribed ? AccessHandling.Allow : AccessHandling.Block);
        if (handling == AccessHandling.Confirm && isSubscribed && contact!.Withheld is null)
            handling = AccessHandling.Allow;
        return new AccessDecision(handling, said.View, isSubscribed);
    }

    private static bool HasDirected(Presentity presentity, Jid other)
    {
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (HasDirected(session, other))
                return true;
        }
        return false;
    }

    [SuppressMessage("Reliability", "CA2016", Justification = "An account is loaded for all who wait for it.")]
    private async ValueTask<AccessState> LoadAsync(Jid account)
    {
        if (!IsOn || await engine.GetAsync(Collection, account, Key) is not { } stored)
            return AccessState.Empty;
        (string version, Element document) = Stored(stored);
        AccessRuleSet read;
        try
        {
            read = AccessRuleReader.Read(document, version);
        }
        catch (RuleFormatException wrong)
        {
            // Such as a time zone that the machine does not know any more. The owner can still come and mend it; until then nobody sees anything.
            RuleLog.RulesUnreadable(logger, account, wrong.Message);
            read = AccessRuleSet.Unreadable(version, document);
        }
        var state = new AccessState(read, clock.GetUtcNow());
        Note(account, state);
        return state;
    }

    private void Note(Jid account, AccessState state)
    {
        if (state.NextChange is not null || state.Rules.UsesStrength)
        {
            Restless[account] = true;
            Roused?.Invoke();
        }
    }

    /// <summary>The form rules are stored in: the version, a line feed, the document.</summary>
    internal static byte[] ToBytes(string version, Element document) => Encoding.UTF8.GetBytes($"{version}\n{document}");

    private static (string Version, Element Document) Stored(ReadOnlyMemory<byte> bytes)
    {
        int end = bytes.Span.IndexOf((byte)'\n');
        return (Encoding.UTF8.GetString(bytes.Span[..end]), Element.Parse(bytes.Span[(end + 1)..]));
    }
}
