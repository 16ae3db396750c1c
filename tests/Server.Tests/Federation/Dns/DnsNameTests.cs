using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

public sealed class DnsNameTests
{
    [TestCase("Example.ORG", "example.org")]
    [TestCase("example.org.", "example.org")]
    [TestCase("_xmpp-server._tcp.example.org", "_xmpp-server._tcp.example.org")]
    [TestCase("xn--mxaaaw4bzc4h.example", "xn--mxaaaw4bzc4h.example")]
    [TestCase("localhost", "localhost")]
    public void A_name_is_kept_in_lower_case_without_the_last_dot(string text, string expected)
    {
        Assert.That(DnsName.TryParse(text, out DnsName? name), Is.True);
        Assert.That(name!.Text, Is.EqualTo(expected));
        Assert.That(name.IsHost, Is.True);
    }

    [TestCase("")]
    [TestCase(".")]
    [TestCase("a..b")]
    [TestCase(".a")]
    [TestCase("a b")]
    [TestCase("a\\.b")]
    [TestCase("παράδειγμα.example")]
    [TestCase("[::1]")]
    public void What_no_host_is_called_is_refused(string text) => Assert.That(DnsName.TryParse(text, out _), Is.False);

    [Test]
    public void The_limits_of_the_wire_hold()
    {
        string label = new('a', 63);
        Assert.That(DnsName.TryParse(label, out _), Is.True);
        Assert.That(DnsName.TryParse(label + "a", out _), Is.False);
        string longest = $"{label}.{label}.{label}.{label[..61]}";
        Assert.That(DnsName.TryParse(longest, out DnsName? name), Is.True);
        Assert.That(DnsName.TryParse(longest + "a", out _), Is.False);
        Assert.That(name!.TryPrepend("b", out _), Is.False);
    }

    [TestCase("example.org", "org", true)]
    [TestCase("org", "org", true)]
    [TestCase("example.morg", "org", false)]
    public void A_name_is_in_its_zone(string text, string zone, bool expected)
    {
        Assert.That(DnsName.TryParse(text, out DnsName? name), Is.True);
        Assert.That(name!.IsIn(zone), Is.EqualTo(expected));
    }

    [Test]
    public void Strange_octets_are_escaped_and_make_it_no_host()
    {
        DnsName name = DnsName.OfLabels([4, (byte)'a', (byte)'.', 0, (byte)'\\', 2, 0xC3, (byte)'!']);
        Assert.That(name.Text, Is.EqualTo(@"a\.\000\\.\195!"));
        Assert.That(name.IsHost, Is.False);
        Assert.That(DnsName.OfLabels([]), Is.EqualTo(DnsName.Root));
        Assert.That(DnsName.OfLabels([1, (byte)'A']), Is.EqualTo(DnsName.TryParse("a", out DnsName? parsed) ? parsed : null));
    }
}
