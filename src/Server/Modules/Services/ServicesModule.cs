using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Modules.Services;

/// <summary>
/// Presence without messages and messages without presence (RFC 2779 §2.1.1). To others a service that an account has not is as one of an account that
/// is not there; its own clients are told.
/// </summary>
internal sealed class ServicesModule(AccountServices services) : IModule
{
    private const string FetchNs = "urn:x-presencexml:fetch:0";
    private static readonly StanzaError NoMessages = StanzaError.NotAllowed with { Text = "This account has no messages; its operator has switched them off." };
    private static readonly StanzaError NoPresence = StanzaError.NotAllowed with { Text = "This account has no presence; its operator has switched it off." };

    // Not one message is lost without a word: who shares a subscription with the account knows it anyway (D-09).
    private static readonly StanzaError ToContact = StanzaError.ServiceUnavailable with { Text = "This account takes no messages." };

    public void Register(ModuleBuilder module)
    {
        ServicesOptions options = module.Options<ServicesOptions>("services");
        HashSet<string> noPresence = Domains(options.WithoutPresence), noMessages = Domains(options.WithoutMessages);
        services.Attach(domain =>
            (noPresence.Contains(domain) ? ServicesOff.Presence : ServicesOff.None) | (noMessages.Contains(domain) ? ServicesOff.Messages : ServicesOff.None));
        module.OnReceive<Stanza>(OnReceive, RulePriority.First).OnSend<Stanza>(OnSend, RulePriority.First);
    }

    private static HashSet<string> Domains(IReadOnlyList<string> named) =>
        [.. named.Select(static domain => JidPreparation.TryDomain(domain, out string? prepared) ? prepared : domain)];

    private Verdict OnReceive(in RuleContext<Stanza> context)
    {
        ServicesOff off = services.Of(context.Owner);
        if (off == ServicesOff.None || IsOwn(context.Owner, context.Peer))
            return Verdict.Pass;
        return context.Stanza switch
        {
            Message { IsError: false } message when off.HasFlag(ServicesOff.Messages) =>
                Verdict.Reject(message.Type != MessageType.Headline && IsContact(context.Owner, context.Peer) ? ToContact : StanzaError.ServiceUnavailable),
            Message when off.HasFlag(ServicesOff.Messages) => Verdict.Drop,
            Notification or Subscribe or Protocol.Stanzas.Fetch when off.HasFlag(ServicesOff.Presence) => Verdict.Drop,
            _ => Verdict.Pass,
        };
    }

    private Verdict OnSend(in RuleContext<Stanza> context)
    {
        ServicesOff off = services.Of(context.Owner);
        if (off == ServicesOff.None)
            return Verdict.Pass;
        return context.Stanza switch
        {
            Message when off.HasFlag(ServicesOff.Messages) => Verdict.Reject(NoMessages),
            Iq { IsRequest: true } iq when off.HasFlag(ServicesOff.Presence) && iq.Content.Has(FetchNs, "fetch") && !IsOwn(context.Owner, context.Peer) => Verdict.Reject(NoPresence),
            // What ends something goes through.
            Notification { Type: PresenceType.Available } or Protocol.Stanzas.Fetch or Subscribe { Type: SubscribeType.Subscribe or SubscribeType.Subscribed } when off.HasFlag(ServicesOff.Presence) => Verdict.Reject(NoPresence),
            _ => Verdict.Pass,
        };
    }

    private static bool IsContact(Presentity owner, Jid peer) => owner.Contact(peer.Bare) is { } item && (item.State.HasTo() || item.State.HasFrom());

    private static bool IsOwn(Presentity owner, Jid peer) => peer.Domain == owner.Address.Domain && (!peer.HasLocal || peer.Local == owner.Address.Local);
}
