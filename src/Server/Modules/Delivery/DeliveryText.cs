using System.Text;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules.Delivery;

namespace PresenceXml.Server.Modules.Delivery;

/// <summary>Rules as a text that people can edit: each test and each action on a line of its own.</summary>
internal static class DeliveryText
{
    public static string[] Write(DeliveryRuleSet rules)
    {
        var lines = new List<string>();
        foreach (Element child in rules.ToElement().Children)
        {
            if (!child.Children.Any())
            {
                lines.Add(Line(child));
                continue;
            }
            string name = child["name"]!.Replace("&", "&amp;", StringComparison.Ordinal).Replace("'", "&apos;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
            lines.Add($"<rule name='{name}'{(child["off"] is null ? "" : " off='true'")}>");
            lines.AddRange(child.Children.Select(static part => "  " + Line(part)));
            lines.Add("</rule>");
        }
        return [.. lines];
    }

    /// <exception cref="FormatException">It is not in order; the text says what is wrong.</exception>
    public static DeliveryRuleSet Read(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > DeliveryRuleSet.MaxBytes)
            throw new FormatException($"Rules take {DeliveryRuleSet.MaxBytes} bytes at most.");
        Element element;
        try
        {
            element = Element.Parse($"<delivery xmlns='{DeliveryTest.Ns}'>{text}</delivery>");
        }
        catch (FormatException wrong)
        {
            throw new FormatException($"This is no XML: {wrong.Message}.", wrong);
        }
        return element.Children.FirstOrDefault(static child => child.Namespace != DeliveryTest.Ns || child.LocalName is not ("rule" or "demand")) is { } other
            ? throw new FormatException($"<{other.LocalName}/> is neither a rule nor a demand.")
            : DeliveryReader.Read(element, 0);
    }

    private static string Line(Element element) => element.ToString().Replace($" xmlns='{DeliveryTest.Ns}'", "", StringComparison.Ordinal);
}
