using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Privacy;

namespace PresenceXml.Server.Modules.Privacy;

/// <summary>What privacy lists do to stanzas (XEP-0016 1.7 §2.13, §2.14). Whom they deny sees what one sees who is blocked: an account that is off.</summary>
internal sealed class PrivacyRules(PrivacyLists lists)
{
    private static readonly StanzaError Denied = StanzaError.NotAcceptable with { Type = StanzaErrorType.Cancel };

    /// <summary>Rule for what comes in. What is for all resources is turned away here when none of them would get it.</summary>
    public Verdict OnReceive(in RuleContext<Stanza> context)
    {
        PrivacyKinds kind = context.Stanza switch
        {
            Message => PrivacyKinds.Message,
            Iq => PrivacyKinds.Iq,
            Protocol.Stanzas.Presence => PrivacyKinds.PresenceIn,
            // Also the question whether somebody may learn anything at all.
            Protocol.Stanzas.Fetch => PrivacyKinds.PresenceOut,
            _ => PrivacyKinds.Other,
        };
        // What one resource shows, the rest of the account may hide: a probe is about all of it.
        Jid? mine = context.Stanza is Protocol.Stanzas.Fetch ? null : context.Stanza.To;
        if (!IsDenied(context.Owner, mine, kind, context.Peer))
            return Verdict.Pass;
        return context.Stanza switch
        {
            Iq { IsRequest: true } => Verdict.Reject(StanzaError.ServiceUnavailable),
            Message { IsError: false } => Verdict.Reject(StanzaError.ServiceUnavailable),
            _ => Verdict.Drop,
        };
    }

    /// <summary>Rule for what goes out, by the list of the resource that sends it.</summary>
    public Verdict OnSend(in RuleContext<Stanza> context)
    {
        PrivacyKinds kind = context.Stanza switch
        {
            // Who is not to be heard is not asked.
            Protocol.Stanzas.Fetch => PrivacyKinds.PresenceIn,
            Protocol.Stanzas.Presence => PrivacyKinds.PresenceOut,
            _ => PrivacyKinds.Other,
        };
        return IsDenied(context.Owner, context.Stanza.From, kind, context.Peer) ? Verdict.Reject(Denied) : Verdict.Pass;
    }

    private bool IsDenied(Presentity owner, Jid? mine, PrivacyKinds kind, Jid peer)
    {
        if (ReferenceEquals(lists.State(owner), PrivacyState.Empty))
            return false;
        return mine?.Resource is { } resource && owner.FindSession(resource) is { } session
            ? lists.Denies(session, kind, peer)
            : lists.Denies(owner, kind, peer);
    }
}
