using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Rules.Access;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>Reads virtual tuples: those their owner sends, and those of the store.</summary>
internal static class VirtualTupleReader
{
    private const string Ns = VirtualTuple.Ns;
    private const int MaxNotes = 10;

    /// <summary>Reads a tuple.</summary>
    /// <param name="element">The <c>tuple</c> element.</param>
    /// <param name="presentity">Whose it is.</param>
    /// <param name="now">When it is put down, unless it says so itself (in the store it does).</param>
    /// <exception cref="RuleFormatException">It is not in order; the text says what.</exception>
    public static VirtualTuple Read(Element element, Jid presentity, DateTimeOffset now)
    {
        if (element["id"] is not { Length: > 0 } id || !Jid.TryParse($"{presentity}/{id}", out Jid? named))
            throw new RuleFormatException("a tuple needs an id, which has to do as a resource's name");
        string shownAs = element["shown-as"] ?? "nothing";
        var tuple = new VirtualTuple(named.Resource!, Basic(element.Child(Ns, "basic")))
        {
            Until = element["until"] is { } until ? Moment(until) : null,
            Time = element["at"] is { } at ? Moment(at) : now,
            ShownAs = shownAs switch
            {
                "nothing" => TupleShownAs.Nothing,
                "status" => TupleShownAs.Status,
                "resource" => TupleShownAs.Resource,
                _ => throw new RuleFormatException($"shown-as is nothing, status or resource, not \"{shownAs}\""),
            },
        };
        var notes = new List<PresenceNote>();
        foreach (Element child in element.Children)
        {
            switch (child)
            {
                case { Namespace: Ns, LocalName: "basic" }:
                    break;
                case { Namespace: Ns, LocalName: "show" }:
                    tuple = tuple with { Show = child.Text is "away" or "chat" or "dnd" or "xa" ? child.Text : throw new RuleFormatException($"show is away, chat, dnd or xa, not \"{child.Text}\"") };
                    break;
                case { Namespace: Ns, LocalName: "contact" }:
                    tuple = tuple with { Contact = PresenceUri.TryParse(child.Text, out string? uri) ? uri : throw new RuleFormatException($"\"{child.Text}\" is no address by which somebody is reached, such as tel:+1-303-555-1212") };
                    break;
                case { Namespace: Ns, LocalName: "class" }:
                    tuple = tuple with { Class = child.Text.Trim() };
                    break;
                case { Namespace: Ns, LocalName: "note" }:
                    notes.Add(new PresenceNote(child.Text, child.Attribute(new QName(Namespaces.Xml, "lang"))));
                    break;
                default:
                    throw new RuleFormatException($"<{child.LocalName} xmlns='{child.Namespace}'/> is not known in a tuple");
            }
        }
        if (notes.Count > MaxNotes || notes.DistinctBy(static note => note.Language).Count() < notes.Count)
            throw new RuleFormatException($"at most {MaxNotes} notes, each in another language");
        return tuple with { Notes = notes };
    }

    private static bool Basic(Element? basic) => basic?.Text.Trim() switch
    {
        "open" => true,
        "closed" => false,
        null => throw new RuleFormatException("a tuple needs <basic>open</basic> or <basic>closed</basic>"),
        var other => throw new RuleFormatException($"basic is open or closed, not \"{other}\""),
    };

    private static DateTimeOffset Moment(string text) =>
        DateTimeProfile.TryParse(text, out DateTimeOffset moment)
            ? moment
            : throw new RuleFormatException($"\"{text}\" is no time such as 2026-12-24T18:00:00Z");
}
