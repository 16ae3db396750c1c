using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Protocol.Tests.Sasl;

/// <summary>Whole exchanges octet by octet: RFC 5802 §5, RFC 7677 §3, and two computed with Python's hashlib.</summary>
[Property("Spec", "A-04")]
public sealed class ScramVectorTests
{
    private static readonly byte[] Bound = [.. Enumerable.Range(0, 32).Select(static n => (byte)n)];

    public static IEnumerable<TestCaseData> Vectors()
    {
        yield return new TestCaseData(
            ScramHash.Sha1, false, "QSXCR+Q6sek8bf92", "3rfcNHYJY1ZVvWVs7j",
            "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=").SetName("Vector_RFC_5802_section_5");
        yield return new TestCaseData(
            ScramHash.Sha256, false, "W22ZaJ0SNY7soEsUEjb6gQ==", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").SetName("Vector_RFC_7677_section_3");
        yield return new TestCaseData(
            ScramHash.Sha512, false, "Yzzsy6yBl6XZTYMXAfTS5A==", "02431b08-2f0c-4bd0-a4b2-8c8d3f9e0a11",
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO02431b08-2f0c-4bd0-a4b2-8c8d3f9e0a11,s=Yzzsy6yBl6XZTYMXAfTS5A==,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO02431b08-2f0c-4bd0-a4b2-8c8d3f9e0a11,p=IMQSqnSmztVUAi/XCkRLOkulMrdkLKUfGSLNX2W8dgVaDCEMQA00QLD7qyFSW2vcMcY/djzITk3uUYFfwGVpJA==",
            "v=vG4it5he7qJwD3v6T98GiwCCAvy0DMt3C7INiT9bySWVJh2bb3cacBgHdf3gJFb0QiAWeYV5rmuLUHLnS/uhUA==").SetName("Vector_SHA_512");
        yield return new TestCaseData(
            ScramHash.Sha256, true, "W22ZaJ0SNY7soEsUEjb6gQ==", "SERVER",
            "p=tls-server-end-point,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqOSERVER,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,r=rOprNGfwEbeRWgbNEkqOSERVER,p=g5lNSICHlDLFQDJBowGD3cn9D6zIotpyC2GcpSUMcSU=",
            "v=m5FCx71ZG8NUqT0trg1oIpWvDgcXC2APeDgtHT8U+k8=").SetName("Vector_SHA_256_PLUS");
    }

    [TestCaseSource(nameof(Vectors))]
    public void The_exchange_is_the_vectors(ScramHash hash, bool plus, string salt, string nonce, string clientFirst, string serverFirst, string clientFinal, string serverFinal)
    {
        ScramKeys keys = ScramKeys.Derive(hash, "pencil", Convert.FromBase64String(salt), 4096);
        var server = new ScramServer(hash, plus, plusOffered: plus, nonce, new ChannelBinding(ChannelBinding.TlsServerEndPoint, Bound));

        SaslStep asked = server.Respond(Encoding.UTF8.GetBytes(clientFirst));
        Assert.That(asked.Kind, Is.EqualTo(SaslStepKind.NeedKeys));
        Assert.That(asked.AuthenticationId, Is.EqualTo("user"));

        SaslStep challenge = server.Provide(keys, exists: true);
        Assert.That(challenge.Kind, Is.EqualTo(SaslStepKind.Challenge));
        Assert.That(Encoding.UTF8.GetString(challenge.Data.Span), Is.EqualTo(serverFirst));

        SaslStep success = server.Respond(Encoding.UTF8.GetBytes(clientFinal));
        Assert.That(success.Kind, Is.EqualTo(SaslStepKind.Success));
        Assert.That(Encoding.UTF8.GetString(success.Data.Span), Is.EqualTo(serverFinal));
        Assert.That(success.AuthenticationId, Is.EqualTo("user"));
    }

    [TestCase(ScramHash.Sha1, "QSXCR+Q6sek8bf92", "6dlGYMOdZcOPutkcNY8U2g7vK9Y=", "D+CSWLOshSulAsxiupA+qs2/fTE=")]
    [TestCase(ScramHash.Sha256, "W22ZaJ0SNY7soEsUEjb6gQ==", "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=", "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")]
    [TestCase(ScramHash.Sha512, "Yzzsy6yBl6XZTYMXAfTS5A==", "6bgTHobR99Q5LAVHOVHuqVUIZf66fpiU6jhPJ0VmWOsZsDcHJlfVXUUzBfRYnE/ZvDev3hVlgjtAOqh1T3VOPQ==", "1a/XXldDL6EhIG5c7MG3kXK1jxls4vso1qg5tnM9P0xNU94zb8vad4JtV3KeAs2oVcWNvx7U35nx5zGoy/g7kQ==")]
    public void Derived_keys_are_the_vectors(ScramHash hash, string salt, string storedKey, string serverKey)
    {
        ScramKeys keys = ScramKeys.Derive(hash, "pencil", Convert.FromBase64String(salt), 4096);
        Assert.That(Convert.ToBase64String(keys.StoredKey.Span), Is.EqualTo(storedKey));
        Assert.That(Convert.ToBase64String(keys.ServerKey.Span), Is.EqualTo(serverKey));
        Assert.That(keys.Verify("pencil"), Is.True);
        Assert.That(keys.Verify("Pencil"), Is.False);
    }
}
