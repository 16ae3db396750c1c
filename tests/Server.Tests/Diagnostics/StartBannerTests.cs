using System.Net;
using PresenceXml.Server.Diagnostics;

namespace PresenceXml.Server.Tests.Diagnostics;

public sealed class StartBannerTests
{
    private static readonly StartFacts Facts = new(
        "1.2.3", ["example.org", "b.example"], "/etc/presencexml/server.config.json", "/var/lib/presencexml",
        [
            new ListenerFact("clients, STARTTLS", [new IPEndPoint(IPAddress.IPv6Any, 5222)], ["[::]:5222"]),
            new ListenerFact("clients, direct TLS", [new IPEndPoint(IPAddress.Parse("192.0.2.1"), 5223)], ["192.0.2.1:5223"]),
            new ListenerFact("servers, STARTTLS", [], ["[::]:5269"]),
            new ListenerFact("web", [], []),
        ],
        [new CertificateFact("CN=example.org", "AB:CD", new DateTimeOffset(2030, 1, 2, 0, 0, 0, TimeSpan.Zero), true)],
        TlsRequired: true);

    [Test]
    public void It_says_what_listens_which_certificate_is_used_and_what_to_type_next() =>
        Assert.That(StartBanner.Lines(Facts), Is.EqualTo(new[]
        {
            "PresenceXml 1.2.3 serves example.org, b.example",
            "  configuration  /etc/presencexml/server.config.json",
            "  data           /var/lib/presencexml",
            "  listening      port 5222 of every address  clients, STARTTLS",
            "  listening      192.0.2.1:5223  clients, direct TLS",
            "  not opened     [::]:5269  servers, STARTTLS: accepted, not there yet in this version",
            "  certificate    CN=example.org (self-signed, clients will ask whether to trust it; expires 2030-01-02)",
            "                 SHA-256 AB:CD",
            "Make an account:   presencexml user add NAME@example.org    (in the source tree: dotnet run --project src/Server -- user add …)",
            "Then log in with any XMPP client (Gajim, Dino, profanity, …) as NAME@example.org; its DNS must lead here (port 5222).",
        }));

    [Test]
    public void It_warns_without_TLS_and_names_another_configuration_and_localhost()
    {
        IReadOnlyList<string> lines = StartBanner.Lines(Facts with { TlsRequired = false, Domains = ["localhost"], ConfigFile = "/etc/my.json" });
        Assert.That(lines, Has.Some.Contains("tls.required is false"));
        Assert.That(lines[^2], Does.Contain("presencexml user add NAME@localhost --config /etc/my.json"));
        Assert.That(lines[^1], Does.EndWith("as NAME@localhost, server localhost, port 5222."));
    }

    [TestCase(true, null, "libssl.so.3", true)]
    [TestCase(true, null, "libssl.so.1.1", true)]
    [TestCase(true, "4", "libssl.so.4", true)]
    [TestCase(true, null, "libssl.so.4", false)]
    [TestCase(false, null, "", true)]
    public void Missing_OpenSSL_is_named_with_what_to_install(bool isLinux, string? version, string installed, bool isThere)
    {
        string? missing = NativeDependencies.Missing(isLinux, version, name => name == installed);
        if (isThere) Assert.That(missing, Is.Null);
        else Assert.That(missing, Does.StartWith("OpenSSL is missing").And.Contain("apt install openssl"));
    }
}
