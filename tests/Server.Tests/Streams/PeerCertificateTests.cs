using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PresenceXml.Server.Streams.Tls;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Which certificate proves which domain (RFC 6120 §13.7, RFC 9525, XEP-0178), over real handshakes.</summary>
[CancelAfter(60_000)]
public sealed class PeerCertificateTests
{
    private const string ForMail = "1.3.6.1.5.5.7.3.4", ForServers = "1.3.6.1.5.5.7.3.1", ForClients = "1.3.6.1.5.5.7.3.2", ForAnything = "2.5.29.37.0";
    private readonly TlsPeers peers = new();
    private readonly CertificateAuthority root;
    private readonly CertificateAuthority authority;
    private readonly PeerTrust trust;

    public PeerCertificateTests()
    {
        root = new CertificateAuthority("Test Root", Now);
        authority = root.Below("Test Intermediate", Now);
        trust = new PeerTrust(authority.Trusted, peers.Time);
    }

    private DateTimeOffset Now => peers.Time.GetUtcNow();

    [OneTimeTearDown]
    public async Task End()
    {
        root.Dispose();
        authority.Dispose();
        await peers.DisposeAsync();
    }

    private LeafWish For(params string[] dns) => new() { Now = Now, Dns = dns };

    // dNSName
    [TestCase("dns", "there.example", "there.example", true)]
    [TestCase("dns", "THERE.Example", "there.example", true)]
    [TestCase("dns", "there.example", "other.example", false)]
    [TestCase("dns", "there.example", "a.there.example", false)]
    [TestCase("dns", "a.there.example", "there.example", false)]
    [TestCase("dns", "xn--mnchen-3ya.example", "münchen.example", true)]
    [TestCase("dns", "mnchen.example", "münchen.example", false)]
    // What older rules of names took for the same is another domain, which anybody may have.
    [TestCase("dns", "strasse.example", "straße.example", false)]
    [TestCase("dns", "xn--strae-oqa.example", "straße.example", true)]
    // a wildcard is the whole left-most label, and one label
    [TestCase("dns", "*.there.example", "a.there.example", true)]
    [TestCase("dns", "*.there.example", "there.example", false)]
    [TestCase("dns", "*.there.example", "a.b.there.example", false)]
    [TestCase("dns", "*.xn--mnchen-3ya.example", "chat.münchen.example", true)]
    [TestCase("dns", "*.example", "münchen.example", true)]
    [TestCase("dns", "a*.there.example", "ab.there.example", false)]
    [TestCase("dns", "*a.there.example", "ba.there.example", false)]
    [TestCase("dns", "a.*.example", "a.there.example", false)]
    [TestCase("dns", "*.*.example", "a.there.example", false)]
    [TestCase("dns", "*", "localhost", false)]
    [TestCase("dns", "*", "there.example", false)]
    [TestCase("dns", "there.example\0.other.example", "there.example", false)]
    [TestCase("dns", "", "there.example", false)]
    [TestCase("dns", "192.0.2.1", "192.0.2.1", false)]
    // SRVName
    [TestCase("srv", "_xmpp-server.there.example", "there.example", true)]
    [TestCase("srv", "_XMPP-Server.There.Example", "there.example", true)]
    [TestCase("srv", "_xmpp-server.xn--mnchen-3ya.example", "münchen.example", true)]
    [TestCase("srv", "_xmpp-server.there.example", "other.example", false)]
    [TestCase("srv", "_xmpp-client.there.example", "there.example", false)]
    [TestCase("srv", "_http.there.example", "there.example", false)]
    [TestCase("srv", "there.example", "there.example", false)]
    // xmppAddr
    [TestCase("xmpp", "there.example", "there.example", true)]
    [TestCase("xmpp", "There.Example", "there.example", true)]
    [TestCase("xmpp", "münchen.example", "münchen.example", true)]
    [TestCase("xmpp", "xn--mnchen-3ya.example", "münchen.example", true)]
    [TestCase("xmpp", "there.example", "other.example", false)]
    [TestCase("xmpp", "juliet@there.example", "there.example", false)]
    [TestCase("xmpp", "there.example/here", "there.example", false)]
    [TestCase("xmpp", "*.there.example", "a.there.example", false)]
    // iPAddress
    [TestCase("ip", "192.0.2.1", "192.0.2.1", true)]
    [TestCase("ip", "192.0.2.1", "192.0.2.2", false)]
    [TestCase("ip", "2001:db8::1", "[2001:db8::1]", true)]
    [TestCase("ip", "2001:db8::1", "[2001:db8::2]", false)]
    // The common name says nothing, alone or beside others.
    [TestCase("cn", "there.example", "there.example", false)]
    public async Task A_certificate_proves_its_names_and_no_others(string kind, string name, string domain, bool proves)
    {
        LeafWish wish = kind switch
        {
            "dns" => For(name),
            "srv" => For() with { Service = [name] },
            "xmpp" => For() with { XmppAddr = [name] },
            "ip" => For() with { Addresses = [IPAddress.Parse(name)] },
            _ => For() with { CommonName = name },
        };
        PeerCertificate seen = await peers.SeenByClientAsync(authority.Issue(wish), trust, domain);
        Assert.That(seen.Proves(domain), Is.EqualTo(proves), seen.Problem(domain));
        Assert.That(seen.Problem(domain), proves ? Is.Null : Does.StartWith("is for other names: "));
    }

    [Test]
    public async Task One_certificate_proves_several_domains_and_tells_which()
    {
        PeerCertificate seen = await peers.SeenByServerAsync(
            authority.Issue(For("a.example", "b.example") with { Service = ["_xmpp-server.c.example"], XmppAddr = ["d.example"], CommonName = "e.example" }), trust);
        Assert.That(new[] { "a.example", "b.example", "c.example", "d.example", "e.example" }.Select(seen.Proves), Is.EqualTo(new[] { true, true, true, true, false }));
        Assert.That(seen.Problem("e.example"), Is.EqualTo("is for other names: a.example, b.example, c.example, d.example"));
    }

    [Test]
    public async Task Names_that_fill_a_log_or_break_its_lines_do_not()
    {
        PeerCertificate seen = await peers.SeenByServerAsync(authority.Issue(For([.. Enumerable.Range(0, 50).Select(n => $"{n}\n{new string('x', 300)}")])), trust);
        Assert.That(seen.Problem("there.example"), Does.StartWith("is for other names: 0?xxx").And.EndsWith(", …").And.Length.LessThan(1200));
    }

    [Test]
    public async Task Who_is_not_known_proves_nothing([Values] bool toClient)
    {
        (string Chain, string Key) good = authority.Issue(For("there.example"));
        Assert.That((await SeenAsync(good, toClient, trust)).Proves("there.example"), Is.True);

        var nobody = new PeerTrust([], peers.Time);
        PeerCertificate seen = await SeenAsync(good, toClient, nobody);
        Assert.That(seen.Proves("there.example"), Is.False);
        Assert.That(seen.Problem("there.example"), Does.StartWith("comes from an authority that is unknown here").And.Contains("CN=Test Root"));

        seen = await SeenAsync(CertificateAuthority.SelfSigned(For("there.example")), toClient, trust);
        Assert.That(seen.Problem("there.example"), Is.EqualTo("is self-signed"));

        // An authority that only bears the same name.
        using var imitation = new CertificateAuthority("Test Root", Now);
        using CertificateAuthority below = imitation.Below("Test Intermediate", Now);
        seen = await SeenAsync(below.Issue(For("there.example")), toClient, trust);
        Assert.That(seen.Proves("there.example"), Is.False);
    }

    [Test]
    public async Task A_self_signed_one_that_was_pinned_is_believed()
    {
        (string Chain, string Key) own = CertificateAuthority.SelfSigned(For("there.example"));
        var pinned = new PeerTrust([X509Certificate2.CreateFromPem(own.Chain)], peers.Time);
        PeerCertificate seen = await peers.SeenByClientAsync(own, pinned);
        Assert.That(seen.Problem("there.example"), Is.Null);
        Assert.That(seen.Proves("other.example"), Is.False);
        seen = await peers.SeenByClientAsync(CertificateAuthority.SelfSigned(For("there.example")), pinned);
        Assert.That(seen.Proves("there.example"), Is.False, "the same name, another key");
    }

    [Test]
    public async Task Intermediates_come_from_the_other_side([Values] bool toClient)
    {
        using CertificateAuthority third = authority.Below("Third", Now);
        Assert.That((await SeenAsync(third.Issue(For("there.example")), toClient, trust)).Problem("there.example"), Is.Null);
        PeerCertificate seen = await SeenAsync(third.Issue(For("there.example") with { IsAlone = true }), toClient, trust);
        Assert.That(seen.Problem("there.example"), Is.EqualTo("comes from an authority that is unknown here, or an intermediate certificate was not sent: CN=Third"));
    }

    [Test]
    public async Task A_server_is_no_authority()
    {
        // A leaf of ours, used to sign another domain's.
        (string leafChain, string leafKey) = authority.Issue(For("evil.example"));
        using X509Certificate2 leaf = X509Certificate2.CreateFromPem(leafChain, leafKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=there.example", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("there.example");
        request.CertificateExtensions.Add(names.Build());
        using ECDsa signing = leaf.GetECDsaPrivateKey()!;
        using X509Certificate2 forged = request.Create(leaf.SubjectName, X509SignatureGenerator.CreateForECDsa(signing), Now.AddDays(-1), Now.AddDays(1), [7]);
        PeerCertificate seen = await peers.SeenByClientAsync((forged.ExportCertificatePem() + "\n" + leafChain, key.ExportPkcs8PrivateKeyPem()), trust);
        Assert.That(seen.Proves("there.example"), Is.False);
    }

    [Test]
    public async Task Dates_hold_by_the_clock()
    {
        PeerCertificate seen = await peers.SeenByClientAsync(authority.Issue(For("there.example") with { FromDays = -20, ToDays = -10 }), trust);
        Assert.That(seen.Problem("there.example"), Is.EqualTo("expired on 2029-12-22"));
        seen = await peers.SeenByClientAsync(authority.Issue(For("there.example") with { FromDays = 10, ToDays = 20 }), trust);
        Assert.That(seen.Problem("there.example"), Is.EqualTo("is valid from 2030-01-11 on only"));
        using CertificateAuthority old = root.Below("Old Intermediate", Now, days: -5);
        seen = await peers.SeenByClientAsync(old.Issue(For("there.example")), trust);
        Assert.That(seen.Problem("there.example"), Is.EqualTo("comes from an authority, CN=Old Intermediate, whose own certificate expired on 2029-12-27"));
        // An unknown authority does not hide that it is expired as well.
        seen = await peers.SeenByClientAsync(CertificateAuthority.SelfSigned(For("there.example") with { FromDays = -20, ToDays = -10 }), trust);
        Assert.That(seen.Problem("there.example"), Is.EqualTo("expired on 2029-12-22"));
    }

    [Test]
    public async Task What_was_proven_ends_with_the_certificate_or_the_authority()
    {
        await using var own = new TlsPeers();
        var trusted = new PeerTrust(authority.Trusted, own.Time);
        PeerCertificate seen = await own.SeenByClientAsync(authority.Issue(For("there.example") with { ToDays = 3 }), trusted);
        using CertificateAuthority shortLived = root.Below("Short", Now, days: 2);
        PeerCertificate shorter = await own.SeenByClientAsync(shortLived.Issue(For("there.example")), trusted);
        Assert.That(seen.NotAfter, Is.EqualTo(Now.AddDays(3)));
        Assert.That(shorter.NotAfter, Is.EqualTo(Now.AddDays(2)));
        own.Time.Advance(TimeSpan.FromDays(2.5));
        Assert.That(seen.Proves("there.example"), Is.True);
        Assert.That(shorter.Problem("there.example"), Is.EqualTo("expired on 2030-01-03"));
        own.Time.Advance(TimeSpan.FromDays(1));
        Assert.That(seen.Problem("there.example"), Is.EqualTo("expired on 2030-01-04"));
    }

    [TestCase(ForServers, true, true), TestCase(ForClients, false, true), TestCase(ForAnything, true, true), TestCase(ForMail, false, false)]
    public async Task A_certificate_for_servers_may_be_shown_by_who_connects(string use, bool asServer, bool asClient)
    {
        (string Chain, string Key) shown = authority.Issue(For("there.example") with { Use = use });
        Assert.That((await peers.SeenByClientAsync(shown, trust)).Problem("there.example"), asServer ? Is.Null : Is.EqualTo("may not be used by servers"));
        Assert.That((await peers.SeenByServerAsync(shown, trust)).Problem("there.example"), asClient ? Is.Null : Is.EqualTo("may not be used by servers"));
    }

    [Test]
    public async Task An_authority_for_mail_makes_no_certificate_for_servers()
    {
        using CertificateAuthority mail = root.Below("Mail", Now, use: ForMail);
        Assert.That((await peers.SeenByClientAsync(mail.Issue(For("there.example")), trust)).Problem("there.example"), Is.EqualTo("may not be used by servers"));
    }

    [Test]
    public void A_broken_hash_proves_nothing([Values] bool isBroken)
    {
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256), leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var forRoot = new CertificateRequest("CN=Old Root", rootKey, HashAlgorithmName.SHA256);
        forRoot.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 old = forRoot.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(100));
        var request = new CertificateRequest("CN=there.example", leafKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("there.example");
        request.CertificateExtensions.Add(names.Build());
        X509SignatureGenerator signing = isBroken ? new Sha1Signature(rootKey) : X509SignatureGenerator.CreateForECDsa(rootKey);
        using X509Certificate2 leaf = request.Create(old.SubjectName, signing, Now.AddDays(-1), Now.AddDays(1), [7]);
        // Not every TLS library refuses to show it, as ours does.
        var seen = new PeerCertificate(new PeerShown(leaf.RawData, []), new PeerTrust([old], peers.Time), isClient: true);
        Assert.That(seen.Problem("there.example"), isBroken ? Is.EqualTo("is signed with a broken hash (MD5 or SHA-1)") : Is.Null);
    }

    private Task<PeerCertificate> SeenAsync((string Chain, string Key) shown, bool toClient, PeerTrust by) =>
        toClient ? peers.SeenByClientAsync(shown, by) : peers.SeenByServerAsync(shown, by);

    /// <summary>ecdsa-with-SHA1, which the library does not sign with any more.</summary>
    private sealed class Sha1Signature(ECDsa key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => [0x30, 0x09, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01];

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA1, DSASignatureFormat.Rfc3279DerSequence);

        protected override PublicKey BuildPublicKey() => new(key);
    }
}
