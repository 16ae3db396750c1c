using System.Buffers;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>One stanza about which an account's rules are asked: what it is, who sent it, and what may be spent on it. What costs something is found when a test asks.</summary>
internal sealed class DeliveryQuestion(Stanza stanza, Strength strength, IDeliverySurroundings surroundings, DeliveryBudget budget)
{
    private const string Rooms = "http://jabber.org/protocol/muc#user";
    private const string Direct = "jabber:x:conference";

    private List<string>? texts;
    private SearchValues<string>? words;
    private bool? hasWord;
    private Jid? inviter;
    private bool hasInviter;
    private RosterItem? sender;
    private bool hasSender;

    /// <summary>A message, or a request for a subscription.</summary>
    public Stanza Stanza => stanza;

    /// <summary>Who sent it: a full address where that is known.</summary>
    public Jid From { get; } = stanza.From!;

    /// <summary>How sure that is.</summary>
    public Strength Strength => strength;

    public IDeliverySurroundings Surroundings => surroundings;

    public DeliveryBudget Budget => budget;

    /// <summary>True when the message invites into a room: through the room (XEP-0045 §7.8.2) or directly (XEP-0249).</summary>
    public bool IsInvitation => Inviter is not null;

    /// <summary>Who invites, as the stanza tells: of a room only the room knows. Null: it is no invitation.</summary>
    public Jid? Inviter
    {
        get
        {
            if (!hasInviter)
            {
                inviter = FindInviter();
                hasInviter = true;
            }
            return inviter;
        }
    }

    /// <summary>What people read of it: its bodies, the reason of an invitation, the status of a request.</summary>
    public IReadOnlyList<string> Texts => texts ??= FindTexts();

    /// <summary>False when <see cref="Texts"/> have none of the texts that tests of the rules look for, whatever the case. Found once.</summary>
    public bool HasWord => hasWord ??= words is null || (texts ??= FindTexts()).Exists(text => text.AsSpan().ContainsAny(words));

    /// <summary>It is asked of these rules.</summary>
    public void Begin(DeliveryRuleSet rules)
    {
        words = rules.Words;
        hasWord = null;
    }

    /// <summary>What the account's roster has of an address. The sender is looked up once, however many tests ask.</summary>
    public RosterItem? Contact(Jid who)
    {
        if (!ReferenceEquals(who, From))
            return surroundings.Contact(who.Bare);
        if (!hasSender)
        {
            sender = surroundings.Contact(who.Bare);
            hasSender = true;
        }
        return sender;
    }

    /// <summary>
    /// True when the account has nothing to do with this address: no subscription either way, not put into the roster by its owner, never written to,
    /// no room that a resource is in, not the account and not its own server.
    /// </summary>
    public bool IsStranger(Jid other)
    {
        Jid bare = other.Bare, account = surroundings.Account;
        if (bare == account || (!bare.HasLocal && bare.Domain == account.Domain))
            return false;
        return !(Contact(other) is { } item && (item.InRoster || item.State.HasFrom() || item.State.HasTo() || item.State.HasPendingOut()))
            && !surroundings.Wrote(bare) && !surroundings.IsPresentTo(bare);
    }

    private Jid? FindInviter()
    {
        if (stanza is not Message message)
            return null;
        if (message.Content.Has(Direct, "x"))
            return From;
        return message.Content.Find(Rooms, "x")?.Child(Rooms, "invite") is { } invite
            ? Jid.TryParse(invite["from"] ?? "", out Jid? who) ? who : From
            : null;
    }

    private List<string> FindTexts()
    {
        var found = new List<string>();
        StanzaContent content = stanza.Content;
        string own = stanza is Message ? "body" : "status";
        IReadOnlyList<RawChild> children = content.Children;
        for (int i = 0; i < children.Count; i++)
        {
            RawChild child = children[i];
            if (child.Name.Namespace == Namespaces.Client && (child.Name.Name == own || (own == "body" && child.Name.Name == "subject")))
                found.Add(content.Text(child));
            else if (child.Name is { Namespace: Direct, Name: "x" } && content.Child(child)["reason"] is { } reason)
                found.Add(reason);
            else if (child.Name is { Namespace: Rooms, Name: "x" } && content.Child(child).Child(Rooms, "invite")?.Child(Rooms, "reason") is { } why)
                found.Add(why.Text);
        }
        return found;
    }
}
