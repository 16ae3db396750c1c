using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Server.Rules.Delivery;

namespace PresenceXml.Server.Tests.Rules.Delivery;

/// <summary>An account as a test wants it.</summary>
internal sealed class Surroundings : IDeliverySurroundings
{
    public Jid Account => Jid.Parse("juliet@localhost");
    public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public DateTimeOffset? OfflineSince { get; set; }
    public Dictionary<string, RosterItem> Contacts { get; } = [];
    public HashSet<string> WrittenTo { get; } = [];
    public HashSet<string> HeardOf { get; } = [];
    public HashSet<string> Present { get; } = [];
    public HashSet<string> Shown { get; } = [];
    public HashSet<string> Learners { get; } = [];
    public Dictionary<string, DateTimeOffset> Answered { get; } = [];
    public int Messages { get; set; } = 1;

    public RosterItem? Contact(Jid bare) => Contacts.GetValueOrDefault(bare.ToString());
    public bool IsPresentTo(Jid bare) => Present.Contains(bare.ToString());
    public bool Wrote(Jid bare) => WrittenTo.Contains(bare.ToString());
    public bool Heard(Jid bare) => HeardOf.Contains(bare.ToString());
    public bool Shows(string show) => Shown.Contains(show);
    public int Count(Jid sender, TimeSpan per) => Messages;
    public bool MayLearn(Jid who) => Learners.Contains(who.Bare.ToString());
    public DateTimeOffset? Replied(string rule, Jid sender) => Answered.TryGetValue(rule + sender, out DateTimeOffset at) ? at : null;

    public void Befriend(string contact, SubscriptionState state, params string[] groups) =>
        Contacts[contact] = new RosterItem(Jid.Parse(contact)) { State = state, InRoster = true, Groups = groups };
}
