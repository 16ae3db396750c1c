using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Forms;

/// <summary>A form that asks for something, or shows a result (XEP-0004 2.13.1).</summary>
/// <param name="Title">What it is about, one line.</param>
public sealed record DataForm(string Title)
{
    public const string Ns = "jabber:x:data";

    /// <summary>What to do with it, each a paragraph.</summary>
    public IReadOnlyList<string> Instructions { get; init; } = [];

    /// <summary>In the order in which they are shown.</summary>
    public IReadOnlyList<FormField> Fields { get; init; } = [];

    /// <summary>The columns of a table of results (§3.4).</summary>
    public IReadOnlyList<FormField> Columns { get; init; } = [];

    /// <summary>The rows of that table: a text for each column.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows { get; init; } = [];

    /// <summary>The form as it is sent.</summary>
    /// <param name="isResult">True: it shows; false: it asks.</param>
    public Element ToElement(bool isResult) => new(
        Ns, "x",
        new XmlAttribute("type", isResult ? "result" : "form"),
        new Element(Ns, "title", Title),
        Instructions.Select(static text => new Element(Ns, "instructions", text)),
        Fields.Select(static field => field.ToElement()),
        Columns.Count == 0 ? null : new Element(Ns, "reported", Columns.Select(static column => column.ToElement())),
        Rows.Select(row => new Element(Ns, "item", Columns.Zip(row, static (column, value) =>
            new Element(Ns, "field", new XmlAttribute("var", column.Var), new Element(Ns, "value", value))))));
}
