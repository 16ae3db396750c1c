using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>Asks the rules of an account about a stanza, in order. A pure function of what it is given.</summary>
internal static class DeliveryEvaluation
{
    /// <summary>The text of a refusal by <see cref="DeliveryRuleSet.Demand"/>.</summary>
    public const string NotSure = "The recipient takes messages only where it is surer who sent them.";

    /// <summary>
    /// What becomes of the stanza. When the rules cost more than they may, it is delivered as ever, and the budget says so.
    /// </summary>
    /// <param name="rules">The account's.</param>
    /// <param name="question">The stanza.</param>
    /// <param name="trace">Is told what was looked at; null: nobody asks.</param>
    public static DeliveryOutcome Ask(DeliveryRuleSet rules, DeliveryQuestion question, DeliveryTrace? trace)
    {
        if (question.Strength < rules.Demand)
        {
            trace?.Demanded(rules.Demand);
            return new DeliveryOutcome
            {
                Disposition = DeliveryActionKind.Reject,
                Error = StanzaError.NotAuthorized with { Text = NotSure },
                IsHidden = !question.Surroundings.MayLearn(question.From),
            };
        }
        question.Begin(rules);
        DeliveryOutcome outcome = DeliveryOutcome.Kept;
        bool isDecided = false;
        foreach (DeliveryRule rule in rules.Active)
        {
            bool holds = rule.Holds(question, trace);
            if (question.Budget.IsSpent)
            {
                trace?.Ruled(rule, holds: false);
                return DeliveryOutcome.Kept;
            }
            bool isLast = false;
            if (holds)
            {
                foreach (DeliveryAction action in rule.Actions)
                {
                    isLast |= action.Kind == DeliveryActionKind.Stop;
                    outcome = Do(outcome, rule, action, question, ref isDecided, trace);
                }
            }
            trace?.Ruled(rule, holds);
            if (isLast)
                break;
        }
        return outcome;
    }

    private static DeliveryOutcome Do(
        DeliveryOutcome outcome, DeliveryRule rule, DeliveryAction action, DeliveryQuestion question, ref bool isDecided, DeliveryTrace? trace)
    {
        string? not = action.Kind switch
        {
            _ when action.IsDisposition && isDecided => "an action before it has decided where it goes",
            DeliveryActionKind.Reply => outcome.Reply is null ? AutoReply.WhyNot(question, rule.Name, action) : "another rule answers",
            DeliveryActionKind.Redirect => outcome.Redirect is null ? Redirection.WhyNot(question, action) : "another rule sends it on",
            DeliveryActionKind.Report when outcome.Report is not null => "another rule reports it",
            DeliveryActionKind.DeliverTo when outcome.Only is not null => "another rule has named resources",
            _ => null,
        };
        trace?.Acted(action, not);
        if (not is not null)
            return outcome;
        isDecided |= action.IsDisposition;
        return action.Kind switch
        {
            DeliveryActionKind.Keep => outcome with { Disposition = DeliveryActionKind.Keep },
            DeliveryActionKind.FileInto => outcome with { Disposition = DeliveryActionKind.FileInto, Box = action.Box },
            DeliveryActionKind.Discard => outcome with { Disposition = DeliveryActionKind.Discard },
            DeliveryActionKind.Reject => outcome with
            {
                Disposition = DeliveryActionKind.Reject,
                Error = action.Error,
                IsHidden = !action.Discloses && !question.Surroundings.MayLearn(question.From),
            },
            DeliveryActionKind.Flag => outcome with { Flags = outcome.Flags.Contains(action.Flag!) ? outcome.Flags : outcome.Flags.Add(action.Flag!) },
            DeliveryActionKind.Quiet => outcome with { IsQuiet = true },
            DeliveryActionKind.DeliverTo => outcome with { Only = action },
            DeliveryActionKind.Reply => outcome with { Reply = action, Replier = rule.Name },
            DeliveryActionKind.Redirect => outcome with { Redirect = action },
            DeliveryActionKind.Report => outcome with { Report = action },
            _ => outcome,
        };
    }
}
