using System.Diagnostics.CodeAnalysis;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Forms;

/// <summary>What somebody has put into a form (XEP-0004 2.13.1, type submit), checked against the form that was asked.</summary>
public sealed class FormData
{
    // A form is filled in by people: beyond this it is something else.
    private const int MaxValues = 1000;

    private readonly Dictionary<string, IReadOnlyList<string>> values;

    private FormData(Dictionary<string, IReadOnlyList<string>> values) => this.values = values;

    /// <summary>Reads a submitted form.</summary>
    /// <param name="asked">The form that was shown: what it hides or only shows counts as it was shown.</param>
    /// <param name="submitted">The <c>x</c> element.</param>
    /// <param name="data">What was put in.</param>
    /// <param name="problem">What is wrong with it, for people; null when nothing is.</param>
    public static bool TryRead(DataForm asked, Element submitted, [NotNullWhen(true)] out FormData? data, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(submitted);
        data = null;
        var given = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (Element field in submitted.Children)
        {
            if (!field.Is(DataForm.Ns, "field") || field["var"] is not { Length: > 0 } name)
                continue;
            string[] texts = [.. field.Children.Where(static child => child.Is(DataForm.Ns, "value")).Select(static value => value.Text).Take(MaxValues + 1)];
            if (texts.Length > MaxValues)
            {
                problem = $"{name}: too many values";
                return false;
            }
            given[name] = texts;
        }
        var values = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (FormField field in asked.Fields)
        {
            if (field.Var.Length == 0)
                continue;
            IReadOnlyList<string> put = field.Type is FieldType.Hidden or FieldType.Fixed ? field.Values : Worth(field, given.GetValueOrDefault(field.Var) ?? []);
            if (Problem(field, put) is { } wrong)
            {
                problem = $"{field.Label ?? field.Var}: {wrong}";
                return false;
            }
            values[field.Var] = put;
        }
        data = new FormData(values);
        problem = null;
        return true;
    }

    /// <summary>Every value of a field; none when it was left empty.</summary>
    public IReadOnlyList<string> All(string name) => values.GetValueOrDefault(name) ?? [];

    /// <summary>The value of a field, the lines of a longer text joined; "" when it was left empty.</summary>
    public string Text(string name) => string.Join('\n', All(name));

    /// <summary>A box was ticked.</summary>
    public bool Flag(string name) => All(name) is ["1"] or ["true"];

    /// <summary>The address in a field, or null.</summary>
    public Jid? Address(string name) => All(name) is [{ } text] ? Jid.Parse(text) : null;

    /// <summary>The addresses in a field.</summary>
    public IReadOnlyList<Jid> Addresses(string name) => [.. All(name).Select(Jid.Parse).Distinct()];

    // Clients send an empty value for what was left empty, and a line each for what was typed into one box; people put spaces around addresses.
    private static IReadOnlyList<string> Worth(FormField field, IReadOnlyList<string> put) => field.Type switch
    {
        FieldType.JidMulti or FieldType.JidSingle => [.. put.SelectMany(static text => text.Split(['\n', '\r'])).Select(static text => text.Trim()).Where(static text => text.Length > 0)],
        FieldType.TextMulti => put.Any(static text => text.Length > 0) ? [.. put.SelectMany(static text => text.ReplaceLineEndings("\n").Split('\n'))] : [],
        _ => [.. put.Where(static text => text.Length > 0)],
    };

    private static string? Problem(FormField field, IReadOnlyList<string> put)
    {
        if (put.Count == 0)
            return field.IsRequired ? "is to be filled in" : null;
        if (put.Count > 1 && field.Type is not (FieldType.JidMulti or FieldType.ListMulti or FieldType.TextMulti or FieldType.Fixed or FieldType.Hidden))
            return "takes one value";
        switch (field.Type)
        {
            case FieldType.Boolean:
                return put[0] is "0" or "1" or "true" or "false" ? null : $"is yes or no, not \"{put[0]}\"";
            case FieldType.JidSingle or FieldType.JidMulti:
                return put.FirstOrDefault(static text => !Jid.TryParse(text, out _)) is { } address ? $"\"{address}\" is no address" : null;
            case FieldType.ListSingle or FieldType.ListMulti:
                return put.FirstOrDefault(text => field.Options.All(option => option.Value != text)) is { } other ? $"\"{other}\" is none of the choices" : null;
            default:
                return null;
        }
    }
}
