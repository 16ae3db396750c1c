using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules.Disco;

/// <summary>XEP-0157: Contact Addresses for XMPP Services, as a form in disco#info of the domain (XEP-0128).</summary>
internal static class ServerInfoForm
{
    private const string FormType = "http://jabber.org/network/serverinfo";
    private const string Ns = "jabber:x:data";

    /// <summary>The form, or null when no address is configured.</summary>
    public static Element? Build(ContactAddresses addresses)
    {
        Element[] fields =
        [
            .. from role in addresses.ByRole()
               where role.Value.Count > 0
               select Field(role.Key + "-addresses", null, role.Value),
        ];
        return fields.Length == 0
            ? null
            : new Element(Ns, "x", Attribute("type", "result"), Field("FORM_TYPE", "hidden", [FormType]), fields);
    }

    private static Element Field(string name, string? type, IEnumerable<string> values) => new(Ns, "field",
        Attribute("var", name),
        type is null ? null : Attribute("type", type),
        values.Select(value => new Element(Ns, "value", value)));

    private static XmlAttribute Attribute(string name, string value) => new(new QName("", name), value);
}
