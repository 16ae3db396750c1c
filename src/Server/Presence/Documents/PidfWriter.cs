using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>
/// Writes presence information as PIDF (RFC 3863), with RPID (RFC 4480) on the data model (RFC 4479) for what PIDF has no word for, and <c>show</c> as RFC 8048
/// §5.3 has it.
/// </summary>
internal static class PidfWriter
{
    public const string Ns = "urn:ietf:params:xml:ns:pidf";
    private const string DataModel = "urn:ietf:params:xml:ns:pidf:data-model";
    private const string Rpid = "urn:ietf:params:xml:ns:pidf:rpid";
    private const string Own = "urn:x-presencexml:fetch:0";

    public static Element Write(PresenceDocument document) => new(
        Ns, "presence",
        new XmlAttribute("entity", PresenceUri.Of("pres", document.Presentity)),
        document.Tuples.Select(Write),
        Person(document));

    // RFC 3863 §4.4: status, extensions, contact, notes, timestamp, in this order.
    private static Element Write(PresenceTuple tuple) => new(
        Ns, "tuple",
        new XmlAttribute("id", tuple.Id),
        new Element(
            Ns, "status",
            new Element(Ns, "basic", tuple.IsOpen ? "open" : "closed"),
            tuple.Show is { } show ? new Element(Namespaces.Client, "show", show) : null),
        tuple.Class is { } label ? new Element(Rpid, "class", label) : null,
        UserInput(tuple),
        OfTuple(tuple),
        tuple.IsStored ? new Element(Own, "stores") : null,
        new Element(
            Ns, "contact",
            tuple.Priority is { } priority ? new XmlAttribute("priority", priority.ToString("0.##", CultureInfo.InvariantCulture)) : null,
            tuple.Contact),
        tuple.Notes.Select(static note => new Element(Ns, "note", note.Language is { } language ? XmlAttribute.Lang(language) : null, note.Text)),
        tuple.Timestamp is { } time ? new Element(Ns, "timestamp", Time(time)) : null);

    private static Element? UserInput(PresenceTuple tuple) => tuple.IdleSince is { } since
        ? new Element(Rpid, "user-input", new XmlAttribute("last-input", Time(since)), "idle")
        : null;

    // RFC 4480 §3.1: these are said of a service, the others of the person.
    private static bool IsOfTuple(Element markup) => markup.LocalName is "relationship" or "service-class";

    private static Element[] OfTuple(PresenceTuple tuple) =>
        [.. tuple.Markup.Where(IsOfTuple).DistinctBy(static element => element.Name).OrderBy(static element => element.LocalName, StringComparer.Ordinal)];

    // What is said of the person is what the most open tuple says (RFC 4479 §3.2): one person, several devices.
    private static Element? Person(PresenceDocument document)
    {
        PresenceTuple? first = document.Tuples.FirstOrDefault(static tuple => tuple.Show is not null || tuple.Markup.Any(static element => !IsOfTuple(element)));
        if (first is null)
            return null;
        Element[] markup = [.. first.Markup.Where(static element => element.LocalName != "class" && !IsOfTuple(element)).DistinctBy(static element => element.Name).OrderBy(static element => element.LocalName, StringComparer.Ordinal)];
        string? activity = first.Show switch { "away" or "xa" => "away", "dnd" => "busy", _ => null };
        Element? activities = activity is null || markup.Any(static element => element.LocalName == "activities") ? null : new Element(Rpid, "activities", new Element(Rpid, activity));
        return activities is null && markup.Length == 0 ? null : new Element(DataModel, "person", new XmlAttribute("id", "p" + first.Id), activities, markup);
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
