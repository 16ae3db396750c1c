using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;

namespace PresenceXml.Server.Rules;

/// <summary>Order of rules: lower runs first.</summary>
public static class RulePriority
{
    public const int First = 0;
    public const int Rules = 100;
    public const int Last = 200;
}

/// <summary>A rule: a synchronous decision over memory. One that throws refuses.</summary>
public delegate Verdict Rule<T>(in RuleContext<T> context) where T : Stanza;

/// <summary>
/// Whether an account's log keeps a message once it is delivered (XEP-0441): a synchronous decision over memory, asked under the
/// recipient's gate for both sides. One that throws has the message refused.
/// </summary>
/// <param name="owner">Whose log it is.</param>
/// <param name="peer">The other side as the message names it: its <c>from</c> when the owner receives it, else its <c>to</c>.</param>
public delegate bool ArchiveRule(Presentity owner, Jid peer);

/// <summary>What a rule may look at.</summary>
/// <param name="Owner">Whose rule it is: the sender's account for OnSend, the recipient's for OnReceive.</param>
/// <param name="Peer">The other side's address.</param>
/// <param name="Stanza">The stanza.</param>
public readonly record struct RuleContext<T>(Presentity Owner, Jid Peer, T Stanza) where T : Stanza;

/// <summary>A rule's answer; <c>default</c> is Drop, so that what is forgotten refuses.</summary>
public readonly struct Verdict
{
    private enum Kind : byte { Drop, Pass, Reject, Replace }
    private readonly Kind kind;
    private Verdict(Kind kind, object? value) { this.kind = kind; Value = value; }
    private object? Value { get; }

    public static readonly Verdict Pass = new(Kind.Pass, null);
    public static readonly Verdict Drop;
    public static Verdict Reject(StanzaError error) => new(Kind.Reject, error);
    public static Verdict Replace(Stanza stanza) => new(Kind.Replace, stanza);

    public bool IsPass => kind == Kind.Pass;
    public bool IsDrop => kind == Kind.Drop;
    public StanzaError? Error => kind == Kind.Reject ? (StanzaError?)Value : null;
    public Stanza? Replacement => kind == Kind.Replace ? (Stanza?)Value : null;
}
