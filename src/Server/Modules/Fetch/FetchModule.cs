using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Modules.Fetch;

/// <summary>
/// FETCH (RFC 2778 §2.1): one request for somebody's current presence, one answer. docs/protocol/fetch.md. Who may not see anything is answered as if
/// there were nobody; who is to see an absence gets a document with a closed tuple.
/// </summary>
internal sealed class FetchModule(AccessRules access, PresenceDocuments documents, Watchers watchers, TimeProvider clock) : IModule
{
    public const string Ns = "urn:x-presencexml:fetch:0";
    private const string ForwardNs = "urn:xmpp:forward:0";

    public void Register(ModuleBuilder module) => module
        .Feature(Addressee.Domain, Ns)
        .Feature(Addressee.Account, Ns)
        .OnGet(Addressee.Account, Ns, "fetch", (iq, _) => new(Answer(iq)), strangers: true);

    private IqReply Answer(IqContext iq)
    {
        Presentity presentity = iq.Presentity!;
        string format = iq.Payload["format"] ?? "pidf";
        PresenceDocument document;
        lock (presentity.Gate)
        {
            AccessDecision decision = access.Decide(presentity, iq.From);
            FetchVerdict verdict = watchers.NoteFetch(presentity, iq.From, FetchForm.Iq, iq.Strength, decision.IsAllowed || decision.SeesAbsence, iq.Request);
            if (presentity.IsRemoved || (!decision.IsAllowed && !decision.SeesAbsence))
                return StanzaError.ServiceUnavailable;
            if (verdict.IsThrottled)
                return verdict.Error;
            // After the decision: to a stranger this, too, would tell that there is somebody.
            if (format is not ("pidf" or "stanza" or "all"))
                return StanzaError.BadRequest with { Text = "format is pidf, stanza or all" };
            document = documents.Write(presentity, decision, iq.From);
        }
        return new Element(
            Ns, "fetch",
            new XmlAttribute("at", clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            new XmlAttribute("basic", document.IsOpen ? "open" : "closed"),
            format is "pidf" or "all" ? PidfWriter.Write(document) : null,
            format is "stanza" or "all" ? document.Stanzas.Select(Forward) : null);
    }

    private static Element Forward(Notification presence) => new(
        ForwardNs, "forwarded",
        new Element(
            Namespaces.Client, "presence",
            new XmlAttribute("from", presence.From!.ToString()),
            presence.TypeText is { } type ? new XmlAttribute("type", type) : null,
            Enumerable.Range(0, presence.Content.Children.Count).Select(presence.Content.Child)));
}
