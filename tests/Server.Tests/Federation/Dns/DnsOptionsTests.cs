using System.Collections;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Tests.Configuration;

namespace PresenceXml.Server.Tests.Federation.Dns;

public sealed class DnsOptionsTests
{
    [TestCase("192.0.2.53", "192.0.2.53:53")]
    [TestCase("127.0.0.1:5353", "127.0.0.1:5353")]
    [TestCase("::1", "[::1]:53")]
    [TestCase("[::1]", "[::1]:53")]
    [TestCase("[::1]:5353", "[::1]:5353")]
    public void A_nameserver_is_an_address_with_or_without_a_port(string text, string expected) =>
        Assert.That(NameserverAddress.Parse(text).ToString(), Is.EqualTo(expected));

    [TestCase("")]
    [TestCase("1")]
    [TestCase("dns.example")]
    [TestCase("dns.example:53")]
    [TestCase("127.0.0.1:0")]
    [TestCase("*:53")]
    [TestCase("[127.0.0.1]")]
    [TestCase("127.0.0.1:99999")]
    public void What_is_no_nameserver_is_refused(string text) => Assert.That(NameserverAddress.TryParse(text, out _), Is.False);

    [TestCase("a.example:5269", "a.example", 5269, false)]
    [TestCase("A.Example", "a.example", 5269, false)]
    [TestCase("tls:a.example:443", "a.example", 443, true)]
    [TestCase("TLS:a.example", "a.example", 5270, true)]
    [TestCase("192.0.2.1:1", "192.0.2.1", 1, false)]
    [TestCase("tls:[2001:DB8::1]:443", "2001:db8::1", 443, true)]
    [TestCase("[::1]", "::1", 5269, false)]
    public void A_target_is_a_host_with_or_without_a_port(string text, string host, int port, bool isDirectTls) =>
        Assert.That(TargetAddress.Parse(text), Is.EqualTo(new TargetAddress(host, port, isDirectTls)));

    [TestCase("")]
    [TestCase("tls:")]
    [TestCase(":5269")]
    [TestCase("a.example:")]
    [TestCase("a.example:0")]
    [TestCase("a.example:65536")]
    [TestCase("a.example:1:2")]
    [TestCase("::1")]
    [TestCase("[::1")]
    [TestCase("[::1]x:1")]
    [TestCase("[127.0.0.1]:1")]
    [TestCase("a b:1")]
    public void What_is_no_target_is_refused(string text) => Assert.That(TargetAddress.TryParse(text, out _), Is.False);

    [Test]
    public void The_file_is_read_and_mistakes_are_named()
    {
        using var folder = new TestFolder();
        folder.Write("server.config.json", """
            { "dns": { "servers": ["127.0.0.1:5353"], "timeoutSeconds": 4, "overrides": { "a.example": { "targets": ["tls:one.example:443"] } } } }
            """);
        DnsOptions dns = Load(folder).Options.Dns;
        Assert.That(dns.Servers, Is.EqualTo(new[] { "127.0.0.1:5353" }));
        Assert.That(dns.Overrides["a.example"].Targets, Is.EqualTo(new[] { "tls:one.example:443" }));

        folder.Write("server.config.json", """
            {
              "dns": {
                "servers": ["dns.example"],
                "overrides": { "a.example": { "targets": [] }, "b.example": { "targets": ["here", "a b"] }, "A.example.": { "targets": ["x"] } }
              }
            }
            """);
        string problems = Assert.Throws<ConfigurationException>(() => Load(folder))!.Message;
        Assert.That(problems, Does.Contain("dns.overrides.a.example.targets: expected at least one").And.Contain("dns.overrides.b.example.targets: expected").And.Contain("\"a b\""));

        folder.Write("server.config.json", """
            {
              "dns": {
                "servers": ["dns.example"],
                "overrides": { "a.example": { "targets": ["y"] }, "A.example.": { "targets": ["x"] }, "a b": { "targets": ["x"] } }
              }
            }
            """);
        problems = Assert.Throws<ConfigurationException>(() => Load(folder))!.Message;
        Assert.That(problems, Does.Contain("server.config.json:3: dns.servers: expected an address").And.Contain("\"A.example.\" stands here twice").And.Contain("\"a b\" is no domain name"));
    }

    private static ServerConfiguration Load(TestFolder folder) => ServerConfiguration.Load(null, folder.Path, new Hashtable(), new Dictionary<string, Type>());
}
