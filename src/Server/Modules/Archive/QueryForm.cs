using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Archive;

/// <summary>The form of a query (XEP-0313 1.1.3 §4.1): what it may hold, and how it is read.</summary>
internal static class QueryForm
{
    /// <summary>A box of the inbox (RFC 2778 §2.2) instead of what lies in none: docs/modules.md.</summary>
    public const string Box = "{urn:x-presencexml:inbox:0}box";

    private const string Ns = "jabber:x:data";
    private const string ValidateNs = "http://jabber.org/protocol/xdata-validate";

    /// <summary>What a client is told when it asks (§4.1.5). None of the ids are listed; the list is open (XEP-0122).</summary>
    public static Element Offer { get; } = new(ArchiveModule.Ns, "query", new Element(Ns, "x", Attribute("type", "form"),
        Field("FORM_TYPE", "hidden", new Element(Ns, "value", ArchiveModule.Ns)),
        Field("with", "jid-single"),
        Field("start", "text-single"),
        Field("end", "text-single"),
        Field("before-id", "text-single"),
        Field("after-id", "text-single"),
        Field("ids", "list-multi", new Element(ValidateNs, "validate", Attribute("datatype", "xs:string"), new Element(ValidateNs, "open"))),
        Field("include-groupchat", "boolean"),
        Field(Box, "text-single")));

    /// <summary>Reads a query. An error when something of it is not in order.</summary>
    /// <param name="query">The request's payload.</param>
    /// <param name="maxIds">Ids it may name.</param>
    /// <param name="read">The query.</param>
    public static StanzaError? Read(Element query, int maxIds, out ArchiveQuery read)
    {
        read = null!;
        if (PageRequest.Read(query, out PageRequest page) is { } error)
            return error;
        // §6.1.3: nodes are those of pubsub (XEP-0442), and no account has one.
        if (query["node"] is not null)
            return StanzaError.ItemNotFound;
        read = new ArchiveQuery { QueryId = query["queryid"], Page = page, IsFlipped = query.Child(ArchiveModule.Ns, "flip-page") is not null };
        Element[] forms = [.. query.Children.Where(child => child.Is(Ns, "x"))];
        if (forms.Length == 0)
            return null;
        if (forms.Length > 1 || forms[0]["type"] != "submit")
            return Bad("One form of type submit.");

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (Element field in forms[0].Children.Where(child => child.Is(Ns, "field")))
        {
            string name = field["var"] ?? "";
            string[] values = [.. field.Children.Where(child => child.Is(Ns, "value")).Select(value => value.Text)];
            if (!seen.Add(name) || (values.Length > 1 && name != "ids"))
                return Bad($"More than one {name}.");
            if (Read(name, values, maxIds, ref read) is { } problem)
                return problem;
        }
        return seen.Contains("FORM_TYPE") ? null : Bad("The form has no FORM_TYPE.");
    }

    private static StanzaError? Read(string name, string[] values, int maxIds, ref ArchiveQuery read)
    {
        if (name == "ids")
        {
            if (values.Length == 0)
                return Bad("ids names none.");
            if (values.Length > maxIds)
                return StanzaError.PolicyViolation with { Text = $"At most {maxIds} ids in one query." };
            read = read with { Ids = values };
            return null;
        }
        // XEP-0004 §3.2: a field without a value says nothing.
        string? value = values.Length == 0 ? null : values[0];
        switch (name)
        {
            case "FORM_TYPE":
                return value == ArchiveModule.Ns ? null : Bad($"The FORM_TYPE is {ArchiveModule.Ns}.");
            case "with" when value is not null:
                if (!Jid.TryParse(value, out Jid? with))
                    return StanzaError.JidMalformed;
                read = read with { With = with };
                return null;
            case "start" or "end" when value is not null:
                if (!DateTimeProfile.TryParse(value, out DateTimeOffset time))
                    return Bad($"{name} is no date and time of XEP-0082.");
                read = name == "start" ? read with { Start = time } : read with { End = time };
                return null;
            case "before-id":
                read = read with { BeforeId = value };
                return null;
            case "after-id":
                read = read with { AfterId = value };
                return null;
            // §4.1.4: there are no messages of rooms in an account's log, so both answers come to the same.
            case "include-groupchat" when value is not null:
                return value is "0" or "1" or "true" or "false" ? null : Bad("include-groupchat is true or false.");
            // What waits for its delivery alone is in no archive, by whatever name it is asked for.
            case Box when value is not null:
                if (value == InboxStore.Passing)
                    return StanzaError.ItemNotFound;
                read = read with { Box = value };
                return null;
            case "with" or "start" or "end" or "include-groupchat" or Box:
                return null;
            default:
                return StanzaError.FeatureNotImplemented with { Text = $"There is no field {name}." };
        }
    }

    private static Element Field(string name, string type, params object?[] nodes) => new(Ns, "field", Attribute("type", type), Attribute("var", name), nodes);

    private static XmlAttribute Attribute(string name, string value) => new(name, value);

    private static StanzaError Bad(string text) => StanzaError.BadRequest with { Text = text };
}
