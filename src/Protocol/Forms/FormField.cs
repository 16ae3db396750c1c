using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Forms;

/// <summary>One of the values a list field offers.</summary>
/// <param name="Value">What is submitted.</param>
/// <param name="Label">What is shown.</param>
public sealed record FieldOption(string Value, string Label);

/// <summary>A field of a form as it is shown (XEP-0004 2.13.1 §3.2).</summary>
/// <param name="Var">Its name; "" for a fixed text.</param>
/// <param name="Type">What it takes.</param>
public sealed record FormField(string Var, FieldType Type)
{
    /// <summary>What is shown beside it.</summary>
    public string? Label { get; init; }

    /// <summary>What helps to fill it in.</summary>
    public string? Description { get; init; }

    public bool IsRequired { get; init; }

    /// <summary>What stands in it.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>For lists: what can be chosen.</summary>
    public IReadOnlyList<FieldOption> Options { get; init; } = [];

    /// <summary>A text that is only shown.</summary>
    public static FormField Text(string text) => new("", FieldType.Fixed) { Values = [text] };

    /// <summary>A box to tick.</summary>
    public static FormField Flag(string name, string label, bool value = false) => new(name, FieldType.Boolean) { Label = label, Values = [value ? "1" : "0"] };

    /// <summary>A choice of one.</summary>
    public static FormField Choice(string name, string label, string value, params IReadOnlyList<FieldOption> options) =>
        new(name, FieldType.ListSingle) { Label = label, Values = [value], Options = options };

    internal static string Name(FieldType type) => type switch
    {
        FieldType.Boolean => "boolean",
        FieldType.Fixed => "fixed",
        FieldType.Hidden => "hidden",
        FieldType.JidMulti => "jid-multi",
        FieldType.JidSingle => "jid-single",
        FieldType.ListMulti => "list-multi",
        FieldType.ListSingle => "list-single",
        FieldType.TextMulti => "text-multi",
        FieldType.TextPrivate => "text-private",
        _ => "text-single",
    };

    internal Element ToElement() => new(
        DataForm.Ns, "field",
        new XmlAttribute("type", Name(Type)),
        Var.Length > 0 ? new XmlAttribute("var", Var) : null,
        Label is null ? null : new XmlAttribute("label", Label),
        Description is null ? null : new Element(DataForm.Ns, "desc", Description),
        IsRequired ? new Element(DataForm.Ns, "required") : null,
        Values.Select(static value => new Element(DataForm.Ns, "value", value)),
        Options.Select(static option => new Element(DataForm.Ns, "option", new XmlAttribute("label", option.Label), new Element(DataForm.Ns, "value", option.Value))));
}
