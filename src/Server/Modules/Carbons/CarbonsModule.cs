using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules.Carbons;

/// <summary>
/// XEP-0280: Message Carbons, 1.0.1. A resource asks for copies here; which messages they are and where they go is
/// <see cref="CarbonRules"/>' and <see cref="CarbonCopies"/>' matter.
/// </summary>
public sealed class CarbonsModule : IModule
{
    public const string Ns = CarbonRules.Ns;

    /// <summary>Every rule of §6.1 is kept (§6.2).</summary>
    public const string RulesFeature = "urn:xmpp:carbons:rules:0";

    public void Register(ModuleBuilder module) => module
        .Feature(Addressee.Domain, Ns)
        .Feature(Addressee.Domain, RulesFeature)
        // §4.1, §5.1: not for others, whether or not the account exists.
        .OnSet(Addressee.Account, Ns, "enable", static (iq, _) => new(Set(iq.Session!, true)), refusal: StanzaError.NotAllowed)
        .OnSet(Addressee.Account, Ns, "disable", static (iq, _) => new(Set(iq.Session!, false)), refusal: StanzaError.NotAllowed)
        .BindFeature(Ns, static (session, asked) =>
        {
            // XEP-0386 §3.3: succeeds, and is not answered.
            Set(session, asked.LocalName == "enable");
            return null;
        });

    // §10.1: as often as the client likes.
    private static IqReply Set(ClientSession session, bool takes)
    {
        lock (session.Presentity.Gate)
            session.TakesCarbons = takes;
        return IqReply.Done;
    }
}
