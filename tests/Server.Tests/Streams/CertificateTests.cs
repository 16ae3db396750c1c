using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Streams.Tls;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Which certificate is shown, and when another one is (RFC 6120 §13.7; RFC 5929 §4).</summary>
[CancelAfter(60_000)]
public sealed class CertificateTests
{
    private readonly FakeTimeProvider time = new(DateTimeOffset.Parse("2030-01-01T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture));
    private string folder = "";
    private int written;

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("presencexml-certificates-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    private CertificateStore Open(LogWatch log, Action<ServerOptions>? configure = null)
    {
        var options = new ServerOptions { DataDirectory = folder };
        configure?.Invoke(options);
        using ILoggerFactory factory = LoggerFactory.Create(logging => logging.AddProvider(log));
        return new CertificateStore(options, time, factory.CreateLogger<CertificateStore>());
    }

    /// <summary>Writes a certificate and key, with a time of change of its own.</summary>
    private (string Chain, string Key) Write(string name, string[] domains, int days = 90, string? file = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA384);
        var names = new SubjectAlternativeNameBuilder();
        foreach (string domain in domains) names.AddDnsName(domain);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(new X500DistinguishedName("CN=Test CA"), X509SignatureGenerator.CreateForECDsa(key), time.GetUtcNow().AddDays(-1), time.GetUtcNow().AddDays(days), [1]);
        string chainFile = Path.Combine(folder, (file ?? name) + ".crt"), keyFile = Path.Combine(folder, (file ?? name) + ".key");
        File.WriteAllText(chainFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        Touch(chainFile, keyFile);
        return (chainFile, keyFile);
    }

    private void Touch(params string[] files)
    {
        written++;
        foreach (string file in files) File.SetLastWriteTimeUtc(file, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(written));
    }

    [TestCase(true, "chat.example"), TestCase(true, "chat.example", "irc.example"), TestCase(true, "*.example"), TestCase(false, "chat.example")]
    public void A_component_that_no_certificate_covers_is_told_of_where_there_are_other_servers(bool federates, params string[] names)
    {
        using var log = new LogWatch();
        (string chain, string key) = Write("c", names);
        using CertificateStore store = Open(log, options =>
        {
            options.Domains = ["chat.example"];
            options.Federation.Enabled = federates;
            options.Components = new Dictionary<string, ComponentOptions> { ["irc.example"] = new() { Secret = "secret" } };
            (options.Tls.Certificate, options.Tls.Key) = (chain, key);
        });
        string[] told = [.. log.Lines(LogLevel.Information).Where(static line => line.Contains("No certificate is for", StringComparison.Ordinal))];
        Assert.That(told, federates && names is ["chat.example"] ? Has.One.Contains("the component's domain irc.example") : Is.Empty);
    }

    [Test]
    public void Without_a_certificate_one_is_made_kept_and_private()
    {
        using var log = new LogWatch();
        using CertificateStore first = Open(log, options => options.Domains = ["chat.example", "münchen.example", "[2001:db8::1]"]);
        ServerCertificate made = first.Certificates[0];
        Assert.That(made.IsSelfSigned, Is.True);
        Assert.That(made.Names, Is.EquivalentTo(new[] { "chat.example", "xn--mnchen-3ya.example" }));
        Assert.That(made.NotAfter, Is.GreaterThan(time.GetUtcNow().AddYears(9)));
        Assert.That(made.Binding, Is.Not.Null);
        if (!OperatingSystem.IsWindows())
        {
            foreach (string file in new[] { SelfSignedCertificate.ChainFile, SelfSignedCertificate.KeyFile })
                Assert.That(File.GetUnixFileMode(Path.Combine(folder, file)), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
        using CertificateStore second = Open(log, options => options.Domains = ["chat.example"]);
        Assert.That(second.Certificates[0].Fingerprint, Is.EqualTo(made.Fingerprint), "clients trust the fingerprint");
        using CertificateStore third = Open(log, options => options.Domains = ["chat.example", "new.example"]);
        Assert.That(third.Certificates[0].Fingerprint, Is.Not.EqualTo(made.Fingerprint), "a new domain needs a new one");
        Assert.That(log.Lines(LogLevel.Warning), Is.Empty);
    }

    [Test]
    public void A_self_signed_one_is_renewed_before_its_end()
    {
        using var log = new LogWatch();
        DateTimeOffset end;
        using (CertificateStore made = Open(log)) end = made.Certificates[0].NotAfter;
        time.Advance(end - time.GetUtcNow() - SelfSignedCertificate.RenewBefore - TimeSpan.FromSeconds(15));
        using CertificateStore store = Open(log);
        string old = store.Certificates[0].Fingerprint;
        Assert.That(store.Certificates[0].NotAfter, Is.EqualTo(end), "not yet");
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.That(store.Certificates[0].Fingerprint, Is.Not.EqualTo(old));
        Assert.That(store.Certificates[0].NotAfter, Is.GreaterThan(time.GetUtcNow().AddYears(9)));
    }

    [Test]
    public void A_changed_file_is_taken_and_a_bad_one_is_not()
    {
        using var log = new LogWatch();
        (string chain, string key) = Write("localhost", ["localhost"]);
        using CertificateStore store = Open(log, options =>
        {
            options.Tls.Certificate = chain;
            options.Tls.Key = key;
        });
        string first = store.Certificates[0].Fingerprint;
        Write("localhost", ["localhost"]);
        Assert.That(store.Certificates[0].Fingerprint, Is.EqualTo(first));
        time.Advance(TimeSpan.FromSeconds(11));
        string second = store.Certificates[0].Fingerprint;
        Assert.That(second, Is.Not.EqualTo(first));

        // Only the certificate changed so far: its key does not fit.
        string goodKey = File.ReadAllText(key);
        Write("localhost", ["localhost"]);
        string newKey = File.ReadAllText(key);
        File.WriteAllText(key, goodKey);
        Touch(key);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.That(store.Certificates[0].Fingerprint, Is.EqualTo(second));
        Assert.That(log.Lines(LogLevel.Warning).Count(line => line.Contains("stays in force", StringComparison.Ordinal)), Is.EqualTo(1));
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.That(log.Lines(LogLevel.Warning).Count(line => line.Contains("stays in force", StringComparison.Ordinal)), Is.EqualTo(1), "said once");

        File.WriteAllText(key, newKey);
        Touch(key);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.That(store.Certificates[0].Fingerprint, Is.Not.EqualTo(second));
        File.Delete(chain);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.That(log.Lines(LogLevel.Warning).Count(line => line.Contains("stays in force", StringComparison.Ordinal)), Is.EqualTo(2));
    }

    [Test]
    public void A_certificate_that_cannot_be_used_stops_the_start_and_is_named()
    {
        using var log = new LogWatch();
        (string chain, _) = Write("a.example", ["a.example"]);
        (_, string key) = Write("b.example", ["b.example"]);
        Assert.That(
            () => Open(log, options =>
            {
                options.Tls.Certificate = chain;
                options.Tls.Key = key;
            }),
            Throws.InvalidOperationException.With.Message.Contains(chain).And.Message.Contains(key));
    }

    [Test, Property("Spec", "T-10")]
    public void The_certificate_follows_the_name_asked_for()
    {
        using var log = new LogWatch();
        (string chain, string key) = Write("all", ["a.example", "b.example"]);
        (string chainB, string keyB) = Write("b", ["b.example", "*.b.example"]);
        using CertificateStore store = Open(log, options =>
        {
            options.Domains = ["a.example", "b.example"];
            options.Tls.Certificate = chain;
            options.Tls.Key = key;
            options.Tls.Domains = new Dictionary<string, CertificateOptions> { ["b.example"] = new() { Certificate = chainB, Key = keyB } };
        });
        Assert.That(store.Select("a.example").Subject, Is.EqualTo("CN=all"));
        Assert.That(store.Select("b.example").Subject, Is.EqualTo("CN=b"), "its own before the one for all");
        Assert.That(store.Select("B.example").Subject, Is.EqualTo("CN=b"));
        Assert.That(store.Select("rooms.b.example").Subject, Is.EqualTo("CN=b"));
        Assert.That(store.Select("x.rooms.b.example").Subject, Is.EqualTo("CN=all"), "a wildcard is one label");
        Assert.That(store.Select(null).Subject, Is.EqualTo("CN=all"));
        Assert.That(store.Select("").Subject, Is.EqualTo("CN=all"));
        Assert.That(log.Lines(LogLevel.Warning), Is.Empty);
    }

    [Test]
    public void What_clients_will_object_to_is_said()
    {
        using var log = new LogWatch();
        (string chain, string key) = Write("other", ["other.example"], days: 20);
        using CertificateStore store = Open(log, options =>
        {
            options.Tls.Certificate = chain;
            options.Tls.Key = key;
        });
        Assert.That(log.Lines(LogLevel.Warning), Has.One.Contains("localhost"));
        Assert.That(log.Lines(LogLevel.Warning), Has.None.Contains("expires"));
        time.Advance(TimeSpan.FromDays(6.5));
        Assert.That(log.Lines(LogLevel.Warning).Count(line => line.Contains("expires", StringComparison.Ordinal)), Is.EqualTo(1));
        time.Advance(TimeSpan.FromDays(2));
        Assert.That(log.Lines(LogLevel.Warning).Count(line => line.Contains("expires", StringComparison.Ordinal)), Is.EqualTo(3), "once a day");
    }

    [TestCase("SHA256", 32), TestCase("SHA384", 48), TestCase("SHA512", 64), Property("Spec", "A-04")]
    public void The_channel_binding_hashes_as_the_signature_does(string hash, int length)
    {
        using var rsa = RSA.Create(2048);
        foreach (RSASignaturePadding padding in new[] { RSASignaturePadding.Pkcs1, RSASignaturePadding.Pss })
        {
            var request = new CertificateRequest("CN=x", rsa, new HashAlgorithmName(hash), padding);
            using X509Certificate2 certificate = request.CreateSelfSigned(time.GetUtcNow(), time.GetUtcNow().AddDays(1));
            byte[]? bound = ServerEndPoint.Hash(certificate);
            Assert.That(bound, Has.Length.EqualTo(length), padding.ToString());
            byte[] expected = length switch { 32 => SHA256.HashData(certificate.RawData), 48 => SHA384.HashData(certificate.RawData), _ => SHA512.HashData(certificate.RawData) };
            Assert.That(bound, Is.EqualTo(expected));
        }
    }
}
