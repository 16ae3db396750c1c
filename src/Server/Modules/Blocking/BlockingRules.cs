using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;

namespace PresenceXml.Server.Modules.Blocking;

/// <summary>What a block list does to stanzas (XEP-0191 §3.3). The blocked one sees an account that is offline, never that it blocks.</summary>
internal sealed class BlockingRules(AccountState<BlockingState> states)
{
    /// <summary>XEP-0191 §3.3: what the owner sends to one he blocks.</summary>
    private static readonly StanzaError Blocked =
        StanzaError.NotAcceptable with { Type = StanzaErrorType.Cancel, AppCondition = new Element("urn:xmpp:blocking:errors", "blocked") };

    /// <summary>Rule for what comes in.</summary>
    public Verdict OnReceive(in RuleContext<Stanza> context)
    {
        if (!IsBlocked(context.Owner, context.Peer)) return Verdict.Pass;
        return context.Stanza switch
        {
            Iq { IsRequest: true } => Verdict.Reject(StanzaError.ServiceUnavailable),
            Message { IsError: false } => Verdict.Reject(StanzaError.ServiceUnavailable),
            _ => Verdict.Drop,
        };
    }

    /// <summary>Rule for what the owner's clients send, and for presence the server sends in their name.</summary>
    public Verdict OnSend(in RuleContext<Stanza> context) =>
        IsBlocked(context.Owner, context.Peer) ? Verdict.Reject(Blocked) : Verdict.Pass;

    /// <summary>
    /// True when the owner blocks the peer. An account never blocks itself (XEP-0191 §5), nor its own server, whatever its list
    /// says: the server's answers must reach it.
    /// </summary>
    private bool IsBlocked(Presentity owner, Jid peer)
    {
        BlockList list = states.Of(owner).List;
        if (list.Count == 0) return false;
        if (peer.Domain == owner.Address.Domain && (!peer.HasLocal || peer.Local == owner.Address.Local)) return false;
        return list.Matches(peer);
    }
}
