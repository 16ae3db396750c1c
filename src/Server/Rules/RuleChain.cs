using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;

namespace PresenceXml.Server.Rules;

/// <summary>
/// The rules of all modules in order of priority. A chain ends at the first verdict that is not Pass or Replace; after a replacement the
/// rest looks at the new stanza. It fails closed: a rule that throws refuses.
/// </summary>
public sealed class RuleChain(ILogger<RuleChain> logger)
{
    private readonly List<Recorded> sendRecorded = [];
    private readonly List<Recorded> receiveRecorded = [];
    private readonly List<ArchiveRule> archiveRecorded = [];
    private ByType send = new([]);
    private ByType receive = new([]);
    private ArchiveRule[] archive = [];
    private bool frozen;

    private delegate Verdict Erased(Presentity owner, Jid peer, Stanza stanza);

    /// <summary>Asks the sender's rules. <paramref name="stanza"/> comes back replaced when a rule said so. Null: it may go on.</summary>
    internal Refusal? AskSender(Presentity sender, Jid peer, ref Stanza stanza) => Ask(send, sender, peer, ref stanza);

    /// <summary>Asks the recipient's rules.</summary>
    internal Refusal? AskRecipient(Presentity recipient, Jid peer, ref Stanza stanza) => Ask(receive, recipient, peer, ref stanza);

    /// <summary>True when the owner's log keeps messages that he exchanges with <paramref name="peer"/> after they were delivered.</summary>
    internal bool Keeps(Presentity owner, Jid peer)
    {
        foreach (ArchiveRule rule in archive)
        {
            if (!rule(owner, peer))
                return false;
        }
        return true;
    }

    internal void AddOnSend<T>(Rule<T> rule, int priority, string module) where T : Stanza => Add(sendRecorded, rule, priority, module);

    internal void AddOnReceive<T>(Rule<T> rule, int priority, string module) where T : Stanza => Add(receiveRecorded, rule, priority, module);

    internal void AddOnArchive(ArchiveRule rule)
    {
        ThrowIfFrozen();
        archiveRecorded.Add(rule);
    }

    internal void Freeze()
    {
        send = new ByType(sendRecorded);
        receive = new ByType(receiveRecorded);
        archive = [.. archiveRecorded];
        frozen = true;
    }

    private void Add<T>(List<Recorded> list, Rule<T> rule, int priority, string module) where T : Stanza
    {
        ThrowIfFrozen();
        list.Add(new Recorded(typeof(T), priority, module, (owner, peer, stanza) => rule(new RuleContext<T>(owner, peer, (T)stanza))));
    }

    private void ThrowIfFrozen()
    {
        if (frozen)
            throw new InvalidOperationException("Modules register rules while they register, not later.");
    }

    private Refusal? Ask(ByType rules, Presentity owner, Jid peer, ref Stanza stanza)
    {
        foreach (Recorded rule in rules.For(stanza))
        {
            Verdict verdict;
            try
            {
                verdict = rule.Decide(owner, peer, stanza);
            }
#pragma warning disable CA1031 // Whatever a rule throws, it refuses: rules fail closed (D5).
            catch (Exception exception)
#pragma warning restore CA1031
            {
                RuleLog.RuleFailed(logger, exception, rule.Module, stanza.LocalName, stanza.Id);
                return new Refusal(StanzaError.InternalServerError);
            }
            if (verdict.IsPass)
                continue;
            if (verdict.Replacement is not { } replacement)
                return new Refusal(verdict.Error);
            if (replacement.GetType() != stanza.GetType())
            {
                RuleLog.RuleChangedType(logger, rule.Module, stanza.LocalName, stanza.Id);
                return new Refusal(StanzaError.InternalServerError);
            }
            stanza = replacement;
        }
        return null;
    }

    private sealed record Recorded(Type Type, int Priority, string Module, Erased Decide);

    /// <summary>The rules that concern each of the five stanza types, in order.</summary>
    private sealed class ByType(IReadOnlyList<Recorded> all)
    {
        private readonly Recorded[] messages = Select(all, typeof(Message));
        private readonly Recorded[] notifications = Select(all, typeof(Protocol.Stanzas.Presence));
        private readonly Recorded[] subscriptions = Select(all, typeof(Subscribe));
        private readonly Recorded[] fetches = Select(all, typeof(Fetch));
        private readonly Recorded[] iqs = Select(all, typeof(Iq));

        public Recorded[] For(Stanza stanza) => stanza switch
        {
            Message => messages,
            Protocol.Stanzas.Presence => notifications,
            Subscribe => subscriptions,
            Fetch => fetches,
            _ => iqs,
        };

        // OrderBy is stable: rules of one priority keep the order of the catalogue.
        private static Recorded[] Select(IReadOnlyList<Recorded> all, Type stanza) =>
            [.. all.Where(rule => rule.Type.IsAssignableFrom(stanza)).OrderBy(rule => rule.Priority)];
    }
}
