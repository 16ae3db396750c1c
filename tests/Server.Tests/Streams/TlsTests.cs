using System.Net.Security;
using System.Security.Authentication;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>STARTTLS and direct TLS (RFC 6120 §5, XEP-0368), over pipes.</summary>
[CancelAfter(60_000)]
public sealed class TlsTests
{
    private const string StartTls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    private const string Proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

    [Test, Property("Spec", "T-01"), Property("Spec", "T-02"), Property("Spec", "T-03"), Property("Spec", "T-09"), Property("Spec", "A-02")]
    public async Task Required_TLS_is_the_only_feature_before_it()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        string answer = await host.Connect().OpenAsync();
        Assert.That(answer, Does.EndWith("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"));
    }

    [Test, Property("Spec", "T-01"), Property("Spec", "A-05")]
    public async Task Without_required_TLS_both_are_offered()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Tls.Required = false);
        string answer = await host.Connect().OpenAsync();
        Assert.That(answer, Does.Contain("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><mechanisms "));
    }

    [Test, Property("Spec", "T-04"), Property("Spec", "T-08"), Property("Spec", "A-01")]
    public async Task After_TLS_a_new_stream_has_SASL_and_no_STARTTLS()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.OpenAsync();
        await client.SendAsync(StartTls);
        Assert.That(await client.ReadToAsync(">"), Is.EqualTo(Proceed));
        await client.HandshakeAsync("localhost");
        string answer = await client.OpenAsync();
        Assert.That(answer, Does.Not.Contain("starttls"));
        Assert.That(answer, Does.Contain("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-512</mechanism>"));
        Assert.That(answer, Does.Not.Contain("urn:ietf:params:xml:ns:xmpp-bind"));
    }

    [TestCase(SslProtocols.Tls12), TestCase(SslProtocols.Tls13), Property("Spec", "T-15")]
    public async Task TLS_1_2_and_1_3_work(SslProtocols version)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.OpenAsync();
        await client.SendAsync(StartTls);
        await client.ReadToAsync(">");
        await client.HandshakeAsync("localhost", versions: version);
        Assert.That(client.Tls!.SslProtocol, Is.EqualTo(version));
        await client.OpenAsync();
    }

    [TestCase("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGp1bGlldABzZXNhbWU=</auth>"), TestCase("\n<presence/>"), TestCase("\u0016\u0003\u0001"), Property("Spec", "T-05")]
    public async Task What_is_sent_in_the_clear_behind_starttls_ends_the_stream(string injected)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.OpenAsync();
        await client.SendAsync(StartTls + injected);
        string answer = await client.ReadToAsync("</stream:stream>");
        Assert.That(answer, Does.StartWith("<stream:error><policy-violation "));
        Assert.That(answer, Does.Not.Contain("proceed"));
    }

    [Test, Property("Spec", "T-05")]
    public async Task White_space_behind_starttls_says_nothing([Values("\n", " \t\r\n")] string space, [Values] bool inTheSamePacket)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.OpenAsync();
        await client.SendAsync(inTheSamePacket ? StartTls + space : StartTls);
        Assert.That(await client.ReadToAsync(">"), Is.EqualTo(Proceed));
        if (!inTheSamePacket) await client.SendAsync(space);
        await client.HandshakeAsync("localhost");
        Assert.That(await client.OpenAsync(), Does.Contain("<mechanisms "));
    }

    [Test, Property("Spec", "T-06")]
    public async Task White_space_and_then_the_end_is_the_end()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.OpenAsync();
        await client.SendAsync(StartTls);
        await client.ReadToAsync(">");
        await client.SendAsync("\n\n\n");
        await client.DisposeAsync();
        await host.EndedAsync();
    }

    [Test, Property("Spec", "T-06")]
    public async Task Garbage_instead_of_TLS_ends_the_connection_without_a_word()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.OpenAsync();
        await client.SendAsync(StartTls);
        await client.ReadToAsync(">");
        await client.SendAsync("<presence/><presence/><presence/>");
        // TLS may say "alert" in its own bytes, but nothing of XML.
        Assert.That(await client.ReadToEndAsync(), Does.Not.Contain("<"));
        await host.EndedAsync();
    }

    [Test, Property("Spec", "T-07")]
    public async Task What_was_said_before_TLS_is_forgotten()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.OpenAsync("<stream:stream from='romeo@localhost' to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
        await client.StartTlsAsync();
        Assert.That(await client.OpenAsync(), Does.Not.Contain(" to='"));
        Assert.That(await client.PlainAsync("juliet", StreamHost.Password), Does.Contain("<success"));
    }

    [Test, Property("Spec", "T-04")]
    public async Task A_second_starttls_fails_and_closes_the_stream()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.SendAsync(StartTls);
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"));
    }

    [Test, Property("Spec", "A-02")]
    public async Task Auth_before_required_TLS_is_told_so()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.OpenAsync();
        Assert.That(await client.PlainAsync("juliet", StreamHost.Password), Does.Contain("<encryption-required/>"));
        await client.StartTlsAsync();
        await client.OpenAsync();
        Assert.That(await client.PlainAsync("juliet", StreamHost.Password), Does.Contain("<success"));
    }

    [Test, Property("Spec", "DT-1")]
    public async Task Direct_TLS_takes_the_protocol_of_XMPP_or_none()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        foreach (List<SslApplicationProtocol>? protocols in new[] { null, new List<SslApplicationProtocol> { TlsPolicy.XmppClient } })
        {
            TestClient client = host.Connect(direct: true);
            await client.HandshakeAsync("localhost", protocols);
            Assert.That(client.Tls!.NegotiatedApplicationProtocol, Is.EqualTo(protocols?[0] ?? default));
            Assert.That(await client.OpenAsync(), Does.Not.Contain("starttls"));
        }
        TestClient other = host.Connect(direct: true);
        Assert.That(async () => await other.HandshakeAsync("localhost", [new SslApplicationProtocol("http/1.1")]), Throws.InstanceOf<AuthenticationException>().Or.InstanceOf<IOException>());
    }

    [Test, Property("Spec", "S-19")]
    public async Task The_end_of_an_encrypted_stream_is_TLS_close_notify()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.SendAsync("</stream:stream>");
        await client.ReadToAsync("</stream:stream>");
        // SslStream returns 0 for close_notify and throws for an end without one.
        Assert.That(await client.Tls!.ReadAsync(new byte[1]), Is.Zero);
    }

    [Test, Property("Spec", "D-10")]
    public async Task A_handshake_that_does_not_come_ends_with_the_time_of_a_stranger()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var pipes = new PipePair();
        host.Connect(pipes, direct: true);
        host.Time.Advance(TimeSpan.FromSeconds(host.Options.Limits.PreAuthSeconds - 1));
        Assert.That(pipes.Aborted.Task.IsCompleted, Is.False);
        host.Time.Advance(TimeSpan.FromSeconds(2));
        await pipes.Aborted.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await host.EndedAsync();
    }
}
