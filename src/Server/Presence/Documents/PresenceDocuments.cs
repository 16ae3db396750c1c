using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>
/// Writes down what a watcher may learn of a presentity at this moment: a tuple for each resource that he sees, one for the inbox, one for each further
/// address (XEP-0152 1.0). By the same decision and the same view as notifications (D5).
/// </summary>
public sealed class PresenceDocuments(Fetches fetches, InstantInbox inbox, VirtualTuples virtualTuples, AccountServices services, StorageEngine engine)
{
    private const string ReachNs = "urn:xmpp:reach:0";
    private const string IdleNs = "urn:xmpp:idle:1";

    /// <summary>Our own word for the status of an address of XEP-0152, which has none: RFC 2779 4.4.3.</summary>
    private const string TupleNs = "urn:x-presencexml:tuple:0";

    // Further addresses one resource can publish, the rest is not looked at.
    private const int MaxAddresses = 20;

    private readonly TupleIds ids = new(engine);

    /// <summary>The document for somebody whom this decision lets see something, or an absence. Under the presentity's gate.</summary>
    public PresenceDocument Write(Presentity presentity, in AccessDecision decision, Jid watcher)
    {
        ArgumentNullException.ThrowIfNull(presentity);
        var tuples = new List<PresenceTuple>();
        var further = new List<PresenceTuple>();
        var stanzas = new List<Notification>();
        bool isReadAtOnce = false;
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (decision.Shown(session.ShownPresence) is not { } shown)
                continue;
            stanzas.Add(shown with { To = null });
            isReadAtOnce |= session.Priority >= 0;
            // The same client may be here twice (XEP-0388 §2.2): ids are unlike each other in a document (RFC 3863 §4.1.2).
            string id = ids.Of(presentity.Address, 'r', session.ClientId ?? session.Address.Resource!);
            if (tuples.Exists(other => other.Id == id))
                id = ids.Of(presentity.Address, 'r', $"{session.ClientId}\n{session.Address.Resource}");
            tuples.Add(OfResource(id, session, shown, decision.View));
            AddReach(presentity, shown, decision.View, further);
        }
        foreach (Notification held in virtualTuples.Presences(presentity))
        {
            if (virtualTuples.Shown(decision, presentity, held) is { } shown)
                stanzas.Add(shown);
        }
        if (decision.IsAllowed)
            AddVirtual(presentity, decision, further);
        Notification? absence = null;
        if (stanzas.Count == 0)
            stanzas.Add(absence = fetches.Absence(presentity, decision, watcher) with { To = null });
        if (absence is not null || decision.View.Shows("inbox", decision.View.ClassOf("inbox"), "im"))
            tuples.Add(OfInbox(presentity, decision, watcher, isReadAtOnce, absence));
        tuples.AddRange(further);
        // The most open first, then by priority.
        tuples = [.. tuples.OrderByDescending(static tuple => tuple.IsOpen).ThenByDescending(static tuple => tuple.Priority ?? -1)];
        return new PresenceDocument(presentity.Address, tuples, stanzas);
    }

    private PresenceTuple OfResource(string id, ClientSession session, Notification shown, PresenceView view)
    {
        string resource = session.Address.Resource!;
        return new PresenceTuple(id, session.Priority >= 0, PresenceUri.Of("xmpp", session.Address))
        {
            // RFC 3922 §4.3: 0 to 127 as 0 to 1.
            Priority = Math.Round(Math.Max(0, session.Priority) / 127m, 2),
            Class = view.Shows(PresenceParts.Class) ? view.ClassOf(resource) : null,
            Show = shown.Content.Text("show"),
            Notes = Notes(shown.Content),
            IdleSince = Time(shown.Content.Find(IdleNs, "idle")?["since"]),
            IsStored = session.Priority >= 0,
            Markup = Markup(shown.Content),
            Timestamp = session.LastPresenceAt is { } time ? view.Apply(time) : null,
        };
    }

    // CLOSED when nobody would read a message now, or none is taken (RFC 2778 §2.5).
    private PresenceTuple OfInbox(Presentity presentity, in AccessDecision decision, Jid watcher, bool isReadAtOnce, Notification? absence)
    {
        // Whether his own inbox is full is the owner's business; to others an account that is off looks the same whatever is in it.
        bool isTaken = isReadAtOnce && !services.Of(presentity).HasFlag(ServicesOff.Messages) && inbox.Refuse(presentity, 1) is null;
        return new PresenceTuple(ids.Of(presentity.Address, 'i', "inbox"), isTaken, PresenceUri.Of("im", presentity.Address))
        {
            IsStored = true,
            Class = decision.View.Shows(PresenceParts.Class) ? decision.View.ClassOf("inbox") : null,
            Notes = absence is null ? [] : Notes(absence.Content),
            Timestamp = absence is null || Fetches.LastSeen(presentity, decision, watcher) is not { } last ? null : decision.View.Apply(last.Time),
        };
    }

    private void AddReach(Presentity presentity, Notification shown, PresenceView view, List<PresenceTuple> tuples)
    {
        if (shown.Content.Find(ReachNs, "reach") is not { } reach)
            return;
        foreach (Element address in reach.Children.Where(static child => child.Is(ReachNs, "addr")).Take(MaxAddresses))
        {
            if (!PresenceUri.TryParse(address["uri"], out string? uri))
                continue;
            string id = ids.Of(presentity.Address, 'a', uri);
            var tuple = new PresenceTuple(id, address.Child(TupleNs, "basic")?.Text.Trim() != "closed", uri)
            {
                Notes = [.. address.Children.Where(static child => child.Is(ReachNs, "desc")).Select(static text => new PresenceNote(text.Text, Language(text)))],
                Class = view.Shows(PresenceParts.Class) ? view.ClassOf(uri) : null,
            };
            if (view.Shows(uri, view.ClassOf(uri), tuple.Means) && tuples.TrueForAll(other => other.Id != id))
                tuples.Add(tuple);
        }
    }

    private void AddVirtual(Presentity presentity, in AccessDecision decision, List<PresenceTuple> tuples)
    {
        PresenceView view = decision.View;
        foreach (VirtualTuple held in virtualTuples.Holding(presentity))
        {
            if (VirtualTuples.Shown(decision, presentity.Address, held) is not { } shown)
                continue;
            tuples.Add(new PresenceTuple(ids.Of(presentity.Address, 'v', held.Id), held.IsOpen, held.Contact ?? PresenceUri.Of("im", presentity.Address))
            {
                Class = view.Shows(PresenceParts.Class) ? view.ClassOf(held.Id) ?? held.Class : null,
                Show = shown.Content.Text("show"),
                Notes = Notes(shown.Content),
                Timestamp = view.Apply(held.Time),
            });
        }
    }

    private static PresenceNote[] Notes(StanzaContent content) =>
        [.. Children(content, static name => name.Name == "status" && name.Namespace is Namespaces.Client or Namespaces.Server)
            .Where(static status => status.Text.Length > 0).Select(static status => new PresenceNote(status.Text, Language(status)))];

    private static Element[] Markup(StanzaContent content) => [.. Children(content, static name => name.Namespace == PresencePart.Rpid)];

    private static IEnumerable<Element> Children(StanzaContent content, Func<QName, bool> wanted)
    {
        foreach (RawChild child in content.Children)
        {
            if (wanted(child.Name))
                yield return content.Child(child);
        }
    }

    private static string? Language(Element element) => element.Attribute(new QName(Namespaces.Xml, "lang"));

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;
}
