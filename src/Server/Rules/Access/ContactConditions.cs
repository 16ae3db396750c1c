using System.Collections.Immutable;
using PresenceXml.Protocol.Roster;

namespace PresenceXml.Server.Rules.Access;

/// <summary>The watcher is in one of these groups of the presentity's roster.</summary>
internal sealed record GroupCondition(ImmutableHashSet<string> Groups) : AccessCondition
{
    public override bool Holds(in AccessQuestion question)
    {
        if (question.Contact is not { InRoster: true } contact)
            return false;
        foreach (string group in contact.Groups)
        {
            if (Groups.Contains(group))
                return true;
        }
        return false;
    }
}

/// <summary>The subscription between both, as the presentity's roster has it (none, to, from, both), is one of these.</summary>
internal sealed record SubscriptionCondition(ImmutableHashSet<string> States) : AccessCondition
{
    public override bool Holds(in AccessQuestion question) =>
        States.Contains(question.Contact is { InRoster: true } contact ? contact.State.ToAttribute() : "none");
}
