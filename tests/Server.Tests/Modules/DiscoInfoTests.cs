using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules.Disco;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>The verification string, by the two examples of XEP-0115 and the cases its order rules turn on.</summary>
public sealed class DiscoInfoTests
{
    private static readonly string[] Features =
    [
        "http://jabber.org/protocol/muc", "http://jabber.org/protocol/disco#items",
        "http://jabber.org/protocol/caps", "http://jabber.org/protocol/disco#info",
    ];

    [Test]
    public void Simple_example_of_XEP_0115()
    {
        var info = new DiscoInfo([new("client", "pc", null, "Exodus 0.9.1")], Features, []);
        Assert.That(info.VerificationString(), Is.EqualTo("QgayPKawpkPSDYmwT/WM94uAlu0="));
    }

    [Test]
    public void Complex_example_of_XEP_0115()
    {
        Element form = Element.Parse("""
            <x xmlns='jabber:x:data' type='result'><field var='os'><value>Mac</value></field>
            <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>
            <field var='ip_version' type='text-multi'><value>ipv6</value><value>ipv4</value></field>
            <field var='software_version'><value>0.11</value></field><field var='software'><value>Psi</value></field>
            <field var='os_version'><value>10.5.1</value></field></x>
            """);
        var info = new DiscoInfo([new("client", "pc", "en", "Psi 0.11"), new("client", "pc", "el", "Ψ 0.11")], Features, [form]);
        Assert.That(info.VerificationString(), Is.EqualTo("q07IKJEyjvHSyhy//CH0CxmKi8w="));
    }

    [Test]
    public void Sorts_by_octets_of_UTF8_not_by_UTF16_units()
    {
        // U+FFFD is before U+10000 in UTF-8, and behind its surrogates in UTF-16.
        var info = new DiscoInfo([], ["\U00010000", "\uFFFD"], []);
        // printf '\xEF\xBF\xBD<\xF0\x90\x80\x80<' | openssl dgst -binary -sha1 | base64
        Assert.That(info.VerificationString(), Is.EqualTo("D1ec1egk2pWn7RzAT6F0FKBnLgw="));
    }

    [Test]
    public void Query_mirrors_the_node_and_carries_everything()
    {
        var info = new DiscoInfo([new("server", "im", null, "X")], ["a"], [Element.Parse("<x xmlns='jabber:x:data'/>")]);
        Assert.That(info.ToQuery("n#v").ToString(), Is.EqualTo(
            Element.Parse("<query xmlns='http://jabber.org/protocol/disco#info' node='n#v'><identity category='server' type='im' name='X'/><feature var='a'/><x xmlns='jabber:x:data'/></query>").ToString()));
    }
}
