using System.Text;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Tests.Federation;

/// <summary>Keys of server dialback (XEP-0185).</summary>
public sealed class DialbackKeysTests
{
    private const string Key = "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643";

    // XEP-0185 §3
    private readonly DialbackKeys keys = new(Encoding.ASCII.GetBytes("s3cr3tf0rd14lb4ck"));

    [Test]
    public void The_example_of_the_specification_comes_out()
    {
        Assert.That(keys.Make("xmpp.example.com", "example.org", "D60000229F"), Is.EqualTo(Key));
        Assert.That(keys.IsValid("xmpp.example.com", "example.org", "D60000229F", Key), Is.True);
    }

    [TestCase("example.org", "xmpp.example.com", "D60000229F", Key, TestName = "The domains change places")]
    [TestCase("xmpp.example.net", "example.org", "D60000229F", Key, TestName = "Another receiving server")]
    [TestCase("xmpp.example.com", "example.net", "D60000229F", Key, TestName = "Another originating server")]
    [TestCase("xmpp.example.com", "example.org", "D60000229E", Key, TestName = "The key of another stream")]
    [TestCase("xmpp.example.com", "example.org", "D60000229F", "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075642", TestName = "Another last digit")]
    [TestCase("xmpp.example.com", "example.org", "D60000229F", "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b8932307564", TestName = "A key that lacks a digit")]
    [TestCase("xmpp.example.com", "example.org", "D60000229F", "", TestName = "No key")]
    [TestCase("xmpp.example.com", "example.org", "D60000229F", "ключ", TestName = "Not a key")]
    public void A_key_is_good_for_its_own_domains_and_stream_only(string receiving, string originating, string streamId, string key) =>
        Assert.That(keys.IsValid(receiving, originating, streamId, key), Is.False);

    [Test]
    public void Each_process_has_its_own_secret() =>
        Assert.That(new DialbackKeys().IsValid("a.example", "b.example", "1", new DialbackKeys().Make("a.example", "b.example", "1")), Is.False);
}
