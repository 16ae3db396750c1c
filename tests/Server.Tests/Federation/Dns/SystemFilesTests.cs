using System.Net;
using PresenceXml.Server.Federation.Dns;
using PresenceXml.Server.Tests.Configuration;

namespace PresenceXml.Server.Tests.Federation.Dns;

internal sealed class SystemFilesTests : DnsFixture
{
    [Test]
    public void Nameservers_and_options_are_read()
    {
        ResolvConf conf = ResolvConf.Parse("""
            # nameserver 192.0.2.1
            ; nameserver 192.0.2.2
            search example.org
            nameserver 192.0.2.3
            nameserver	2001:db8::53
            nameserver fe80::1%1
            nameserver nobody
            nameserver 192.0.2.3
            options ndots:2 timeout:1 attempts:3
            options rotate use-vc unknown timeout:x
            """.ReplaceLineEndings("\r\n"));
        Assert.That(conf.Servers.Select(static server => server.ToString()), Is.EqualTo(new[] { "192.0.2.3:53", "[2001:db8::53]:53", "[fe80::1%1]:53" }));
        Assert.That(conf.Timeout, Is.EqualTo(TimeSpan.FromSeconds(1)));
        Assert.That(conf.Attempts, Is.EqualTo(3));
        Assert.That(conf.Rotates, Is.True);
        Assert.That(conf.UsesTcp, Is.True);
    }

    [Test]
    public void Without_a_nameserver_it_is_this_machine()
    {
        ResolvConf conf = ResolvConf.Parse("options timeout:99 attempts:0");
        Assert.That(conf.Servers, Is.EqualTo(new[] { new IPEndPoint(IPAddress.Loopback, 53) }));
        Assert.That(conf.Timeout, Is.EqualTo(TimeSpan.FromSeconds(30)));
        Assert.That(conf.Attempts, Is.EqualTo(1));
        Assert.That(ResolvConf.Parse(string.Concat(Enumerable.Range(1, 9).Select(static i => $"nameserver 192.0.2.{i}\n"))).Servers, Has.Count.EqualTo(5));
    }

    [Test]
    public void Names_of_hosts_are_read()
    {
        HostsFile hosts = HostsFile.Parse("127.0.0.1 localhost\n::1\tLocalhost ip6-localhost # here\n#192.0.2.1 gone\n192.0.2.2 a.example a\n192.0.2.2 a\nnobody b\n");
        Assert.That(hosts.Find(Name("localhost")), Is.EqualTo(new[] { IPAddress.Loopback, IPAddress.IPv6Loopback }));
        Assert.That(hosts.Find(Name("a")), Is.EqualTo(new[] { IPAddress.Parse("192.0.2.2") }));
        Assert.That(hosts.Find(Name("gone")), Is.Empty);
        Assert.That(hosts.Find(Name("b")), Is.Empty);
    }

    [Test]
    public void A_file_is_read_again_when_it_has_changed()
    {
        using var folder = new TestFolder();
        string path = folder.File("resolv.conf");
        int reads = 0;
        var file = new WatchedFile<string>(path, text => $"{++reads}:{text}", Clock);
        Assert.That(file.Value, Is.EqualTo("1:"));
        File.WriteAllText(path, "a");
        Assert.That(file.Value, Is.EqualTo("1:"), "not looked at each time");
        Clock.Advance(WatchedFile<string>.LookEvery);
        Assert.That(file.Value, Is.EqualTo("2:a"));
        Clock.Advance(WatchedFile<string>.LookEvery);
        Assert.That(file.Value, Is.EqualTo("2:a"), "not read again unless changed");
        File.SetLastWriteTimeUtc(path, new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Clock.Advance(WatchedFile<string>.LookEvery);
        Assert.That(file.Value, Is.EqualTo("3:a"));
        File.Delete(path);
        Clock.Advance(WatchedFile<string>.LookEvery);
        Assert.That(file.Value, Is.EqualTo("4:"));
    }
}
