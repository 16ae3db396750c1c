using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>
/// The one place that asks an account's DELIVERY RULES (RFC 2778 §2.2): messages and requests for subscriptions come here once it is clear that
/// the server would deliver them. An account without rules costs one look. They fail closed: rules that throw refuse.
/// </summary>
public sealed class DeliveryRules(AccessRules access, Strengths strengths, TimeProvider clock, ILogger<DeliveryRules> logger)
{
    private readonly SenderRates rates = new();
    private Func<Presentity, DeliveryState>? find;
    private Action<Presentity, DeliveryState>? replace;
    private string collection = "";

    /// <summary>From now on accounts have rules; once, before the first connection.</summary>
    internal void Attach(Func<Presentity, DeliveryState> read, Action<Presentity, DeliveryState> write, string keyed)
    {
        find = read;
        replace = write;
        collection = keyed;
    }

    /// <summary>What becomes of a stanza that would be delivered. Under the recipient's gate.</summary>
    /// <param name="recipient">Whose rules are asked.</param>
    /// <param name="stanza">A message that is no error and not the account's own, or a request for a subscription.</param>
    /// <param name="strength">How sure it is who sent it.</param>
    internal DeliveryOutcome Decide(Presentity recipient, Stanza stanza, Strength strength)
    {
        if (find is null)
            return DeliveryOutcome.Kept;
        DeliveryState state = find(recipient);
        return (int)strength > state.Rules.Highest ? DeliveryOutcome.Kept : Decide(recipient, state, stanza, strength);
    }

    /// <summary>As <see cref="Decide(Presentity, Stanza, Strength)"/>, of a stanza that did not come, and without a trace but the one it writes. Under the gate.</summary>
    internal DeliveryOutcome Try(Presentity owner, DeliveryRuleSet rules, Stanza stanza, Strength strength, DeliveryTrace trace, DeliveryBudget budget)
    {
        var surroundings = new OwnerSurroundings(owner, find!(owner).Notes, access, rates, clock.GetUtcNow(), isTrial: true);
        return DeliveryEvaluation.Ask(rules, new DeliveryQuestion(stanza, strength, surroundings, budget), trace);
    }

    /// <summary>The account writes to somebody: he is no stranger any more. Under no gate.</summary>
    internal void Written(Presentity sender, Jid to)
    {
        if (find is null)
            return;
        DeliveryState state = find(sender);
        if (!state.Rules.UsesNotes || !to.HasLocal || sender.Contact(to.Bare) is { InRoster: true } || IsTooSure(strengths.Of(to), state.Rules) || IsNoted(state, DeliveryNoteKind.Wrote, to))
            return;
        lock (sender.Gate)
        {
            state = find(sender);
            if (sender.IsRemoved || IsNoted(state, DeliveryNoteKind.Wrote, to))
                return;
            var batch = new StorageBatch();
            Note(sender, state, DeliveryNoteKind.Wrote, to.Bare.ToString(), batch);
            sender.Commit(batch);
        }
    }

    /// <summary>A rule answers a sender. Under the gate.</summary>
    internal void Replied(Presentity owner, string rule, Jid sender)
    {
        var batch = new StorageBatch();
        Note(owner, find!(owner), DeliveryNoteKind.Replied, DeliveryNotes.ReplyTo(rule, sender.Bare), batch);
        owner.Commit(batch);
    }

    /// <summary>The time by the server's clock.</summary>
    internal DateTimeOffset Now => clock.GetUtcNow();

    private DeliveryOutcome Decide(Presentity recipient, DeliveryState state, Stanza stanza, Strength strength)
    {
        try
        {
            var budget = new DeliveryBudget(DeliveryBudget.Steps);
            var surroundings = new OwnerSurroundings(recipient, state.Notes, access, rates, clock.GetUtcNow(), isTrial: false);
            // Every stanza counts, whether or not the rule that counts is reached.
            foreach (TimeSpan per in state.Rules.Periods)
                surroundings.Count(stanza.From!.Bare, per);
            var question = new DeliveryQuestion(stanza, strength, surroundings, budget);
            DeliveryOutcome outcome = DeliveryEvaluation.Ask(state.Rules, question, null);
            // None of them is there: it goes to those who are.
            if (outcome.Only is not null && !HasOne(recipient, outcome))
                outcome = outcome with { Only = null };
            if (budget.IsSpent)
                DeliveryLog.Spent(logger, recipient.Address, stanza.LocalName, stanza.Id, stanza.From!);
            if (state.Rules.UsesHeard && !IsNoted(state, DeliveryNoteKind.Heard, stanza.From!) && question.IsStranger(stanza.From!))
            {
                var batch = new StorageBatch();
                Note(recipient, state, DeliveryNoteKind.Heard, stanza.From!.Bare.ToString(), batch);
                recipient.Commit(batch);
            }
            return outcome;
        }
#pragma warning disable CA1031 // Whatever it is, it is our bug, and rules fail closed (D5).
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DeliveryLog.Failed(logger, exception, recipient.Address, stanza.LocalName, stanza.Id);
            return new DeliveryOutcome { Disposition = DeliveryActionKind.Reject, Error = StanzaError.InternalServerError };
        }
    }

    // Of an answer of his no rule would ask.
    private static bool IsTooSure(Strength strength, DeliveryRuleSet rules) => strength > Strength.None && (int)strength > rules.Highest;

    private static bool HasOne(Presentity recipient, DeliveryOutcome outcome)
    {
        foreach (ClientSession session in recipient.SessionSpan)
        {
            if (session.TakesMessages && outcome.IsFor(session))
                return true;
        }
        return false;
    }

    private static bool IsNoted(DeliveryState state, DeliveryNoteKind kind, Jid who) => state.Notes.Find(kind, who.Bare.ToString()) is not null;

    private void Note(Presentity owner, DeliveryState state, DeliveryNoteKind kind, string about, StorageBatch batch) =>
        replace!(owner, state with { Notes = state.Notes.Add(kind, about, clock.GetUtcNow(), batch, collection, owner.Address) });
}
