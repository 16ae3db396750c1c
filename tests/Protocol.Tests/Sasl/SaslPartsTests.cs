using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Protocol.Tests.Sasl;

public sealed class SaslPartsTests
{
    [TestCase("SCRAM-SHA-1", ScramHash.Sha1, false)]
    [TestCase("SCRAM-SHA-1-PLUS", ScramHash.Sha1, true)]
    [TestCase("SCRAM-SHA-256", ScramHash.Sha256, false)]
    [TestCase("SCRAM-SHA-256-PLUS", ScramHash.Sha256, true)]
    [TestCase("SCRAM-SHA-512", ScramHash.Sha512, false)]
    [TestCase("SCRAM-SHA-512-PLUS", ScramHash.Sha512, true)]
    public void Mechanism_names_are_read_and_written(string name, ScramHash hash, bool plus)
    {
        Assert.That(ScramHashes.TryParseMechanism(name, out ScramHash readHash, out bool readPlus), Is.True);
        Assert.That((readHash, readPlus), Is.EqualTo((hash, plus)));
        Assert.That(hash.ToMechanism(plus), Is.EqualTo(name));
    }

    [TestCase("")]
    [TestCase("PLAIN")]
    [TestCase("-PLUS")]
    [TestCase("scram-sha-1")]
    [TestCase("SCRAM-SHA-1-PLUS-PLUS")]
    public void Other_names_are_not_ours(string name) => Assert.That(ScramHashes.TryParseMechanism(name, out _, out _), Is.False);

    [FsCheck.NUnit.Property]
    public bool Base64_written_by_the_library_is_read(byte[] data) =>
        StrictBase64.TryDecode(Encoding.ASCII.GetBytes(Convert.ToBase64String(data)), out byte[]? read) && read.AsSpan().SequenceEqual(data);

    [TestCase("=")]
    [TestCase("====")]
    [TestCase("A")]
    [TestCase("AA")]
    [TestCase("AAA")]
    [TestCase("A===")]
    [TestCase("AA==AAAA")]
    [TestCase("AA=A")]
    [TestCase("=AAA")]
    [TestCase("AA A")]
    [TestCase("AAAA\n")]
    [TestCase(" AAA")]
    [TestCase("AAA-")]
    [TestCase("AAA_")]
    [TestCase("AB==")]
    [TestCase("AAB=")]
    [TestCase("AAAA====")]
    [Property("Spec", "A-07")]
    public void Loose_base64_is_refused(string text) => Assert.That(StrictBase64.TryDecode(Encoding.ASCII.GetBytes(text), out _), Is.False);

    [Test]
    [Property("Spec", "A-12")]
    public void Fake_keys_are_the_same_for_a_name_and_others_for_another()
    {
        ScramKeys romeo = ScramKeys.Fake("secret"u8, "romeo", ScramHash.Sha256, 10000);
        ScramKeys again = ScramKeys.Fake("secret"u8, "romeo", ScramHash.Sha256, 10000);
        Assert.That(again.Salt.ToArray(), Is.EqualTo(romeo.Salt.ToArray()));
        Assert.That(romeo.Salt.Length, Is.EqualTo(ScramKeys.SaltBytes));
        Assert.That(romeo.StoredKey.Length, Is.EqualTo(32));
        Assert.That(ScramKeys.Fake("secret"u8, "juliet", ScramHash.Sha256, 10000).Salt.ToArray(), Is.Not.EqualTo(romeo.Salt.ToArray()));
        Assert.That(ScramKeys.Fake("secret"u8, "romeo", ScramHash.Sha1, 10000).Salt.ToArray(), Is.Not.EqualTo(romeo.Salt.ToArray()));
        Assert.That(ScramKeys.Fake("other"u8, "romeo", ScramHash.Sha256, 10000).Salt.ToArray(), Is.Not.EqualTo(romeo.Salt.ToArray()));
    }

    [Test]
    public void Each_failure_has_its_name()
    {
        string[] names = [.. Enum.GetValues<SaslFailure>().Select(static failure => failure.ToElementName())];
        Assert.That(names, Is.EqualTo(new[]
        {
            "aborted", "account-disabled", "credentials-expired", "encryption-required", "incorrect-encoding", "invalid-authzid",
            "invalid-mechanism", "malformed-request", "mechanism-too-weak", "not-authorized", "temporary-auth-failure",
        }));
    }
}
