namespace PresenceXml.Protocol.Tests.Jids;

[Property("Spec", "J-03")]
public sealed class DomainTests
{
    private static readonly string Label63 = new('a', 63);

    [TestCase("example.com", "example.com")]
    [TestCase("EXAMPLE.Com", "example.com")]
    [TestCase("example.com.", "example.com")]
    [TestCase("localhost", "localhost")]
    [TestCase("localhost.", "localhost")]
    [TestCase("xmpp_server", "xmpp_server")]
    [TestCase("_xmpp.example.com", "_xmpp.example.com")]
    [TestCase("3com.example", "3com.example")]
    [TestCase("a-b--c.example", "a-b--c.example")]
    [TestCase("192.0.2.1", "192.0.2.1")]
    // A-labels
    [TestCase("xn--bcher-kva.example", "b\u00FCcher.example")]
    [TestCase("XN--BCHER-KVA.example", "b\u00FCcher.example")]
    [TestCase("xn--fa-hia.de", "fa\u00DF.de")]
    [TestCase("xn--wgv71a119e.jp", "\u65E5\u672C\u8A9E.jp")]
    [TestCase("xn--mgbh0fb.xn--kgbechtv", "\u0645\u062B\u0627\u0644.\u0625\u062E\u062A\u0628\u0627\u0631")]
    // Mapping
    [TestCase("B\u00DCCHER.example", "b\u00FCcher.example")]
    [TestCase("bu\u0308cher.example", "b\u00FCcher.example")]
    [TestCase("\uFF45\uFF58\uFF41\uFF4D\uFF50\uFF4C\uFF45.com", "example.com")]
    [TestCase("example\u3002com", "example.com")]
    [TestCase("example\uFF0Ecom\uFF61", "example.com")]
    [TestCase("fa\u00DF.de", "fa\u00DF.de")]
    [TestCase("\u03C0.example", "\u03C0.example")]
    [TestCase("\u05D0\u05D1\u05D2.\u05D0", "\u05D0\u05D1\u05D2.\u05D0")]
    [TestCase("l\u00B7l.example", "l\u00B7l.example")]
    [TestCase("\u30A2\u30FB\u30A4.example", "\u30A2\u30FB\u30A4.example")]
    public void Canonical(string text, string expected)
    {
        Assert.That(JidPreparation.TryDomain(text, out string? prepared), Is.True);
        Assert.That(prepared, Is.EqualTo(expected));
        Assert.That(JidPreparation.TryDomain(prepared, out string? again), Is.True);
        Assert.That(again, Is.EqualTo(expected));
        Assert.That(Jid.Parse("a@" + text + "/r").Domain, Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase(".")]
    [TestCase("..")]
    [TestCase("example.com..")]
    [TestCase(".example.com")]
    [TestCase("example..com")]
    [TestCase("example.com.\u3002")]
    [TestCase("-example.com")]
    [TestCase("example-.com")]
    [TestCase("ab--cd.example")]
    [TestCase("exa mple.com")]
    [TestCase("example.com:5222")]
    [TestCase("exa\uFF0Fmple.com")]
    [TestCase("exa\uFF20mple.com")]
    [TestCase("a*b.example")]
    // Not A-labels
    [TestCase("xn--.example")]
    [TestCase("xn---.example")]
    [TestCase("xn--a.example")]
    [TestCase("xn--abc-.example")]
    [TestCase("xn--bcher-kvaa9999999.example")]
    [TestCase("xn--\u00FC.example")]
    [TestCase("xn--bcher-kv_.example")]
    [TestCase("xn--fb-5ga.example")]
    [TestCase("xn--ea-8tb.example", Description = "decodes to what is not NFC")]
    // Not U-labels
    [TestCase("\u265A.example", Description = "symbol")]
    [TestCase("\u0301a.example", Description = "combining mark in front")]
    [TestCase("a\u200Db.example", Description = "joiner without virama")]
    [TestCase("a\u00B7b.example", Description = "middle dot not between l and l")]
    [TestCase("\u00E9-.example")]
    [TestCase("-\u00E9.example")]
    [TestCase("a\u00E9--b.example")]
    [TestCase("\u00E9_b.example", Description = "an underscore is for ASCII labels")]
    [TestCase("\u0378.example", Description = "unassigned")]
    [TestCase("\uE000.example", Description = "private use")]
    [TestCase("\u0640\u0628.example", Description = "tatweel, an exception")]
    [TestCase("\u2163.example", Description = "Roman numeral four")]
    [TestCase("\uFB01.example", Description = "ligature")]
    // Bidi
    [TestCase("\u05D0a.example")]
    [TestCase("a\u05D0.example")]
    [TestCase("1.\u05D0")]
    public void Refused(string text)
    {
        Assert.That(JidPreparation.TryDomain(text, out string? prepared), Is.False, prepared);
        Assert.That(Jid.TryParse("a@" + text, out _), Is.False);
    }

    // RFC 4291 §2.2, RFC 5952
    [TestCase("[::1]", "[::1]")]
    [TestCase("[::]", "[::]")]
    [TestCase("[2001:DB8::1]", "[2001:db8::1]")]
    [TestCase("[2001:0db8:0000:0000:0000:0000:0000:0001]", "[2001:db8::1]")]
    [TestCase("[2001:db8:0:1:1:1:1:1]", "[2001:db8:0:1:1:1:1:1]")]
    [TestCase("[2001:db8::1:1:1:1:1]", "[2001:db8:0:1:1:1:1:1]")]
    [TestCase("[2001:0:0:1:0:0:0:1]", "[2001:0:0:1::1]")]
    [TestCase("[2001:db8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]")]
    [TestCase("[fe80::]", "[fe80::]")]
    [TestCase("[1::]", "[1::]")]
    [TestCase("[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7:0]")]
    [TestCase("[::2:3:4:5:6:7:8]", "[0:2:3:4:5:6:7:8]")]
    [TestCase("[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]")]
    [TestCase("[::FFFF:C000:0201]", "[::ffff:192.0.2.1]")]
    [TestCase("[64:ff9b::192.0.2.33]", "[64:ff9b::c000:221]")]
    [TestCase("[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:102:304]")]
    public void Ipv6(string text, string expected)
    {
        Assert.That(Jid.Parse(text).Domain, Is.EqualTo(expected));
        Assert.That(Jid.Parse("a@" + expected + "/r").ToString(), Is.EqualTo("a@" + expected + "/r"));
    }

    [TestCase("[]")]
    [TestCase("[:]")]
    [TestCase("[:::]")]
    [TestCase("[::1")]
    [TestCase("::1]")]
    [TestCase("::1")]
    [TestCase("[::1].")]
    [TestCase("[::1]x")]
    [TestCase("[1:2:3:4:5:6:7]")]
    [TestCase("[1:2:3:4:5:6:7:8:9]")]
    [TestCase("[1:2:3:4:5:6:7:8::]")]
    [TestCase("[::1:2:3:4:5:6:7:8]")]
    [TestCase("[1::2::3]")]
    [TestCase("[12345::]")]
    [TestCase("[g::]")]
    [TestCase("[1:]")]
    [TestCase("[:1]")]
    [TestCase("[fe80::1%eth0]")]
    [TestCase("[::1.2.3]")]
    [TestCase("[::1.2.3.4.5]")]
    [TestCase("[::1.2.3.256]")]
    [TestCase("[::01.2.3.4]")]
    [TestCase("[::1.2.3.]")]
    [TestCase("[1.2.3.4::]")]
    [TestCase("[1:2:3:4:5:6:7:1.2.3.4]")]
    [TestCase("[v1.fe80]")]
    [TestCase("[192.0.2.1]")]
    [TestCase("[::\uFF11]")]
    [TestCase("[:: 1]")]
    [TestCase("[::+1]")]
    public void Not_IPv6(string text) => Assert.That(Jid.TryParse(text, out _), Is.False);

    [Test, Property("Spec", "J-02")]
    public void Lengths_are_those_of_the_DNS()
    {
        string name253 = $"{Label63}.{Label63}.{Label63}.{new string('b', 61)}";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Jid.TryParse(Label63, out _), Is.True);
            Assert.That(Jid.TryParse(Label63 + "a", out _), Is.False);
            Assert.That(name253, Has.Length.EqualTo(253));
            Assert.That(Jid.TryParse(name253, out _), Is.True);
            Assert.That(Jid.TryParse(name253 + ".", out _), Is.True);
            Assert.That(Jid.TryParse(name253 + "b", out _), Is.False);
            Assert.That(Jid.TryParse(name253.ToUpperInvariant(), out _), Is.True);
            Assert.That(Jid.TryParse(name253.ToUpperInvariant() + "B", out _), Is.False);
        }
    }

    [Test]
    public void A_U_label_is_as_long_as_its_A_label()
    {
        // One letter's digits repeated cost one octet each, behind "xn--" and the first letter's own.
        int most = Enumerable.Range(1, 63).Last(n => JidPreparation.TryDomain(new string('\u00FC', n) + ".example", out _));
        Assert.That(JidPreparation.TryDomain(new string('\u00FC', most + 1) + ".example", out _), Is.False);
        Assert.That(most, Is.InRange(50, 58));
    }
}
