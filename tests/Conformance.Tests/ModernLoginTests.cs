using System.Security.Cryptography;
using System.Text;
using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Tests;

/// <summary>What the plays compute for modern sign-in, against the examples of the specifications.</summary>
public class ModernLoginTests
{
    private const string Features = """
        <stream:features xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>
            <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>
            <authentication xmlns='urn:xmpp:sasl:2'><mechanism>SCRAM-SHA-1-PLUS</mechanism><mechanism>SCRAM-SHA-1</mechanism><inline/></authentication>
            <sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-server-end-point'/><channel-binding type='tls-exporter'/></sasl-channel-binding>
        </stream:features>
        """;

    [Test]
    public void The_hash_of_XEP_0474_is_the_one_of_its_example() =>
        Assert.That(ModernLogin.DowngradeHash(Element.Parse(Features), HashAlgorithmName.SHA1, isModern: true), Is.EqualTo("G6k/rBLDqgOhRRaCuuatSDFkJ08="));

    [Test]
    public void Each_SASL_has_a_hash_of_its_own() =>
        Assert.That(
            ModernLogin.DowngradeHash(Element.Parse(Features), HashAlgorithmName.SHA1, isModern: false),
            Is.EqualTo(Convert.ToBase64String(CryptographicOperations.HashData(HashAlgorithmName.SHA1, "PLAIN\u001ftls-exporter\u001etls-server-end-point"u8))));

    // RFC 4231 has no such text; computed with "openssl dgst -sha256 -hmac": token "secret-token", "Initiator" and "Responder".
    [Test]
    public void A_token_is_proven_by_both_sides()
    {
        var first = Convert.FromBase64String(ModernLogin.HashedTokenFirst("romeo", "secret-token", []));
        Assert.Multiple(() =>
        {
            Assert.That(Encoding.UTF8.GetString(first[..6]), Is.EqualTo("romeo\0"));
            Assert.That(Convert.ToHexStringLower(first[6..]), Is.EqualTo("3f6de92b45cddc50c601ad166458f7b5874565e399f3006b1afb03f0bb03ff88"));
            Assert.That(Convert.ToHexStringLower(Convert.FromBase64String(ModernLogin.HashedTokenFinal("secret-token", []))), Is.EqualTo("5572a63e0496195609273c23be8a50b9bee64e0369324079e73245bf4472a5b1"));
            Assert.That(ModernLogin.HashedTokenFinal("secret-token", [1]), Is.Not.EqualTo(ModernLogin.HashedTokenFinal("secret-token", [])));
        });
    }

    // RFC 7677 §3: salt, count and password of its example; the value computed with Python's hashlib.pbkdf2_hmac.
    [Test]
    public void A_salted_password_is_what_RFC_5802_says() => Assert.That(
        Convert.ToHexStringLower(Convert.FromBase64String(ScramExchange.SaltedPassword(HashAlgorithmName.SHA256, "pencil", "W22ZaJ0SNY7soEsUEjb6gQ==", 4096))),
        Is.EqualTo("c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d"));
}
