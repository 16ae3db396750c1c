using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules.Disco;

/// <summary>What an entity is and can (XEP-0030 §3), with forms that say more (XEP-0128).</summary>
public sealed class DiscoInfo(IReadOnlyList<DiscoIdentity> identities, IReadOnlyList<string> features, IReadOnlyList<Element> forms)
{
    public const string Ns = "http://jabber.org/protocol/disco#info";
    private const string DataForms = "jabber:x:data";

    /// <summary>The answer to disco#info; <paramref name="node"/> is mirrored when it was asked (XEP-0030 §3.2).</summary>
    public Element ToQuery(string? node) => new(Ns, "query",
        node is null ? null : new XmlAttribute(new QName("", "node"), node),
        identities.Select(ToElement),
        features.Select(feature => new Element(Ns, "feature", new XmlAttribute(new QName("", "var"), feature))),
        forms);

    /// <summary>The verification string for SHA-1 (XEP-0115 §5.1).</summary>
    public string VerificationString()
    {
        var text = new StringBuilder();
        foreach (DiscoIdentity identity in identities.OrderBy(i => i.Category, Octets).ThenBy(i => i.Type, Octets).ThenBy(i => i.Lang ?? "", Octets))
            text.Append(identity.Category).Append('/').Append(identity.Type).Append('/').Append(identity.Lang).Append('/').Append(identity.Name).Append('<');
        foreach (string feature in features.Order(Octets))
            text.Append(feature).Append('<');
        foreach (Element form in forms.OrderBy(FormType, Octets))
        {
            text.Append(FormType(form)).Append('<');
            foreach (Element field in Fields(form).Where(field => field["var"] != "FORM_TYPE").OrderBy(field => field["var"] ?? "", Octets))
            {
                text.Append(field["var"]).Append('<');
                foreach (string value in Values(field).Order(Octets))
                    text.Append(value).Append('<');
            }
        }
#pragma warning disable CA5350 // XEP-0115 §5.1 names SHA-1; nothing secret hangs on it.
        return Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes(text.ToString())));
#pragma warning restore CA5350
    }

    private static Element ToElement(DiscoIdentity identity) => new(Ns, "identity",
        identity.Lang is null ? null : new XmlAttribute(new QName(Namespaces.Xml, "lang"), identity.Lang),
        new XmlAttribute(new QName("", "category"), identity.Category),
        new XmlAttribute(new QName("", "type"), identity.Type),
        identity.Name is null ? null : new XmlAttribute(new QName("", "name"), identity.Name));

    private static string FormType(Element form) =>
        Fields(form).Where(field => field["var"] == "FORM_TYPE").SelectMany(Values).FirstOrDefault("");

    private static IEnumerable<Element> Fields(Element form) => form.Children.Where(child => child.Is(DataForms, "field"));

    private static IEnumerable<string> Values(Element field) =>
        field.Children.Where(child => child.Is(DataForms, "value")).Select(value => value.Text);

    /// <summary>The collation i;octet (RFC 4790 §9.3) over UTF-8, which ordinal order of UTF-16 is not beyond the first plane.</summary>
    private static Comparer<string> Octets { get; } =
        Comparer<string>.Create((a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));
}
