using System.Globalization;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;

namespace PresenceXml.Server.Modules.LastActivity;

/// <summary>
/// XEP-0012: Last Activity. The domain tells its uptime; an account, to its owner and to whom it lets see its presence, when it was last
/// there. Others are answered as if it did not exist: XEP-0012 §4 would say forbidden, RFC 6121 §8.5.1 says service-unavailable for an
/// account that does not exist, and the two answers must not differ.
/// </summary>
public sealed class LastActivityModule(AccessRules access, TimeProvider clock) : IModule
{
    public const string Ns = "jabber:iq:last";
    private readonly long started = clock.GetTimestamp();

    public void Register(ModuleBuilder module) => module
        .Feature(Addressee.Domain, Ns)
        .Feature(Addressee.Account, Ns)
        .OnGet(Addressee.Domain, Ns, "query", (_, _) => new(Answer(clock.GetElapsedTime(started))))
        .OnGet(Addressee.Account, Ns, "query", (iq, _) => new(OfAccount(iq)), strangers: true);

    private IqReply OfAccount(IqContext iq)
    {
        Presentity presentity = iq.Presentity!;
        AccessDecision decision = access.Learn(presentity, iq.From);
        if (!decision.IsAllowed && !decision.SeesAbsence) return StanzaError.ServiceUnavailable;
        // A resource that is connected and not available is nobody's business but the owner's, who asks from one.
        if (iq.IsOwner || presentity.Sessions.Any(session => decision.Shown(session.ShownPresence) is not null)) return Answer(TimeSpan.Zero);
        if (Fetches.LastSeen(presentity, decision, iq.From) is not { } last) return StanzaError.ServiceUnavailable;
        TimeSpan since = clock.GetUtcNow() - decision.View.Apply(last.Time);
        return Answer(since, decision.View.Apply(last.Presence)?.Content.Text("status"));
    }

    /// <summary>Whole seconds, and never a negative number when the clock was set back.</summary>
    private static Element Answer(TimeSpan since, string? status = null) => new(Ns, "query",
        new XmlAttribute(new QName("", "seconds"), Math.Max(0, (long)since.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
        status);
}
