using System.Net;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

public sealed class DomainFormTests
{
    [TestCase("example.org", "example.org")]
    [TestCase("a_b.example", "a_b.example")]
    [TestCase("bücher.example", "xn--bcher-kva.example")]
    [TestCase("straße.example", "xn--strae-oqa.example")]
    [TestCase("βόλος.com", "xn--nxasmm1c.com")]
    [TestCase("例え.テスト", "xn--r8jz45g.xn--zckzah")]
    [TestCase("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv")]
    public void A_canonical_domain_has_a_name_in_a_labels(string domain, string expected)
    {
        Assert.That(DomainForm.TryName(domain, out DnsName? name), Is.True);
        Assert.That(name!.Text, Is.EqualTo(expected));
    }

    [TestCase("Bücher.example")]
    [TestCase("bu\u0308cher.example")]
    [TestCase("a。b\u00fc")]
    [TestCase("[::1]")]
    [TestCase("a b")]
    [TestCase("")]
    public void What_is_not_canonical_has_none(string domain) => Assert.That(DomainForm.TryName(domain, out _), Is.False);

    [TestCase("192.0.2.1", "192.0.2.1")]
    [TestCase("[2001:db8::1]", "2001:db8::1")]
    [TestCase("2001:db8::1", "2001:db8::1")]
    public void An_address_is_one(string domain, string expected)
    {
        Assert.That(DomainForm.TryAddress(domain, out IPAddress? address), Is.True);
        Assert.That(address!.ToString(), Is.EqualTo(expected));
    }

    [TestCase("1")]
    [TestCase("1.2.3")]
    [TestCase("0x7f.0.0.1")]
    [TestCase("127.0.0.01")]
    [TestCase("[192.0.2.1]")]
    [TestCase("a.b.c.d")]
    [TestCase("[]")]
    public void What_only_looks_like_one_is_none(string domain) => Assert.That(DomainForm.TryAddress(domain, out _), Is.False);
}
