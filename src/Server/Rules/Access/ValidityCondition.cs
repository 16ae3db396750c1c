using System.Collections.Immutable;

namespace PresenceXml.Server.Rules.Access;

/// <summary><c>validity</c> (RFC 4745 §7.3): within one of these spans, from the first moment up to the second.</summary>
internal sealed record ValidityCondition(ImmutableArray<(DateTimeOffset From, DateTimeOffset Until)> Spans) : AccessCondition
{
    public override bool Holds(in AccessQuestion question)
    {
        foreach ((DateTimeOffset from, DateTimeOffset until) in Spans)
        {
            if (from <= question.Time && question.Time < until)
                return true;
        }
        return false;
    }

    public override DateTimeOffset? NextChange(DateTimeOffset after)
    {
        DateTimeOffset? next = null;
        foreach ((DateTimeOffset from, DateTimeOffset until) in Spans)
        {
            if (from > after && (next is null || from < next))
                next = from;
            if (until > after && (next is null || until < next))
                next = until;
        }
        return next;
    }
}
