using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Stream headers and what answers them (RFC 6120 §4.7, §4.8, §4.9.1).</summary>
[CancelAfter(60_000)]
public sealed class OpeningTests
{
    private const string Namespaces = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";

    private static async Task<string> AnswerAsync(string sent, Action<ServerOptions>? configure = null)
    {
        await using StreamHost host = await StreamHost.StartAsync(configure);
        TestClient client = host.Connect();
        await client.SendAsync(sent);
        return await client.ReadToAsync("</stream:stream>");
    }

    private static string IdOf(string header) => Attribute(header, "id");

    private static string Attribute(string header, string name)
    {
        int at = header.IndexOf($" {name}='", StringComparison.Ordinal);
        if (at < 0) return "";
        at += name.Length + 3;
        return header[at..header.IndexOf('\'', at)];
    }

    [Test, Property("Spec", "S-03"), Property("Spec", "S-08"), Property("Spec", "S-13"), Property("Spec", "S-14")]
    public async Task A_header_is_answered_by_a_header_and_features()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        string answer = await host.Connect().OpenAsync();
        Assert.That(answer, Does.StartWith("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"));
        Assert.That(Attribute(answer, "from"), Is.EqualTo("localhost"));
        Assert.That(Attribute(answer, "version"), Is.EqualTo("1.0"));
        Assert.That(answer, Does.EndWith("</stream:features>"));
    }

    [Test, Property("Spec", "S-09")]
    public async Task To_is_the_bare_form_of_the_clients_from_and_absent_without_one()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        string answer = await host.Connect().OpenAsync($"<stream:stream from='Juliet@localhost/balcony' to='localhost' version='1.0' {Namespaces}>");
        Assert.That(Attribute(answer, "to"), Is.EqualTo("juliet@localhost"));
        Assert.That(Attribute(await host.Connect().OpenAsync(), "to"), Is.Empty);
    }

    [Test]
    public async Task An_error_in_the_header_after_authentication_comes_behind_a_header_too()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        Assert.That(await client.PlainAsync("juliet", StreamHost.Password), Does.Contain("<success"));
        await client.SendAsync("<stream/>");
        string answer = await client.ReadToAsync("</stream:stream>");
        Assert.That(answer, Does.StartWith("<?xml version='1.0'?><stream:stream "));
        Assert.That(answer, Does.Contain("><stream:error><invalid-namespace "));
    }

    [Test, Property("Spec", "S-10")]
    public async Task Stream_ids_are_ours_random_and_new_each_time()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var ids = new HashSet<string>();
        for (int i = 0; i < 10; i++)
        {
            TestClient client = host.Connect();
            ids.Add(IdOf(await client.OpenAsync($"<stream:stream id='mine' to='localhost' version='1.0' {Namespaces}>")));
            await client.StartTlsAsync();
            ids.Add(IdOf(await client.OpenAsync()));
        }
        Assert.That(ids, Has.Count.EqualTo(20));
        Assert.That(ids, Has.None.EqualTo("mine"));
        Assert.That(ids.Select(id => id.Length), Has.All.EqualTo(32), "128 bits in hexadecimal");
    }

    [TestCase("en", "en"), TestCase("en-GB", "en"), TestCase("de", "en"), TestCase(null, "en"), Property("Spec", "S-11")]
    public async Task The_answer_names_the_language_of_our_texts(string? asked, string expected)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        string lang = asked is null ? "" : $"xml:lang='{asked}'";
        string answer = await host.Connect().OpenAsync($"<stream:stream to='localhost' version='1.0' {lang} {Namespaces}>");
        Assert.That(Attribute(answer, "xml:lang"), Is.EqualTo(expected));
    }

    [TestCase("1.0", "1.0"), TestCase("1.9", "1.0"), TestCase("2.0", "1.0"), TestCase("01.00", "1.0"), TestCase("10.0", "1.0"), Property("Spec", "S-18")]
    public async Task The_lower_version_is_answered(string sent, string expected)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        Assert.That(Attribute(await host.Connect().OpenAsync($"<stream:stream to='localhost' version='{sent}' {Namespaces}>"), "version"), Is.EqualTo(expected));
    }

    [TestCase(""), TestCase("version='0.9'"), Property("Spec", "S-18")]
    public async Task A_client_of_before_1_0_gets_neither_version_nor_features(string version)
    {
        // What it then sends is not authorised, and the error is the first thing behind the header.
        string answer = await AnswerAsync($"<stream:stream to='localhost' {version} {Namespaces}><iq type='get' id='1'><query xmlns='jabber:iq:auth'/></iq>");
        Assert.That(Attribute(answer[answer.IndexOf("<stream:stream", StringComparison.Ordinal)..], "version"), Is.Empty);
        Assert.That(answer, Does.Not.Contain("features"));
        Assert.That(answer, Does.Contain("><stream:error><not-authorized "));
    }

    [TestCase("abc"), TestCase("1"), TestCase("1."), TestCase("-1.0"), TestCase("99999999999.0"), Property("Spec", "S-18"), Property("Spec", "SE-01")]
    public async Task A_version_that_is_none_is_unsupported(string version) =>
        AssertError(await AnswerAsync($"<stream:stream to='localhost' version='{version}' {Namespaces}>"), "unsupported-version");

    [TestCase("elsewhere.example"), TestCase("localhost.example"), TestCase("juliet@localhost"), TestCase("localhost/x"), TestCase(""), Property("Spec", "S-02"), Property("Spec", "S-08"), Property("Spec", "SE-01")]
    public async Task A_domain_that_is_not_ours_is_host_unknown_and_the_answer_is_from_one_of_ours(string to)
    {
        string answer = await AnswerAsync($"<stream:stream to='{to}' version='1.0' {Namespaces}>");
        AssertError(answer, "host-unknown");
        Assert.That(Attribute(answer, "from"), Is.EqualTo("localhost"));
    }

    [TestCase("LOCALHOST"), TestCase("localhost.")]
    public async Task Another_spelling_of_our_domain_is_our_domain(string to)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        Assert.That(Attribute(await host.Connect().OpenAsync($"<stream:stream to='{to}' version='1.0' {Namespaces}>"), "from"), Is.EqualTo("localhost"));
    }

    [Test]
    public async Task A_header_without_to_means_the_only_domain_and_none_of_several()
    {
        await using StreamHost one = await StreamHost.StartAsync();
        Assert.That(await one.Connect().OpenAsync($"<stream:stream version='1.0' {Namespaces}>"), Does.Contain("from='localhost'"));
        AssertError(await AnswerAsync($"<stream:stream version='1.0' {Namespaces}>", options => options.Domains = ["localhost", "b.example"]), "host-unknown");
    }

    [TestCase("<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://example.org/other'>", "invalid-namespace"), Property("Spec", "S-13")]
    [TestCase("<stream:stream to='localhost' version='1.0' xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>", "invalid-namespace"), Property("Spec", "S-14")]
    [TestCase("<stream:stream to='localhost' version='1.0' xmlns='urn:other' xmlns:stream='http://etherx.jabber.org/streams'>", "invalid-namespace")]
    [TestCase("<s:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>", "bad-namespace-prefix"), Property("Spec", "S-13")]
    [TestCase("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "not-well-formed")]
    [TestCase("<?xml version='1.0' encoding='ISO-8859-1'?>", "unsupported-encoding"), Property("Spec", "X-04")]
    [TestCase("<!DOCTYPE x []>", "restricted-xml"), Property("Spec", "X-01")]
    public async Task A_bad_header_is_answered_by_header_error_and_end(string sent, string condition) => AssertError(await AnswerAsync(sent), condition);

    [Test, Property("Spec", "S-02")]
    public async Task Header_error_and_end_come_in_one_packet()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var pipes = new PipePair();
        TestClient client = host.Connect(pipes);
        await client.SendAsync($"<stream:stream to='elsewhere.example' version='1.0' {Namespaces}>");
        System.IO.Pipelines.ReadResult result = await pipes.Client.Input.ReadAsync();
        string all = System.Text.Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(result.Buffer));
        pipes.Client.Input.AdvanceTo(result.Buffer.End);
        AssertError(all, "host-unknown");
        Assert.That(all, Does.EndWith("</stream:stream>"));
    }

    [TestCase("<message to='romeo@localhost'><body>x</body></message>"), TestCase("<presence/>"), TestCase("<iq type='get' id='1' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"), TestCase("<unknown xmlns='urn:x'/>"), Property("Spec", "S-06"), Property("Spec", "S-07")]
    [TestCase("<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"), Property("Spec", "B-01")]
    public async Task Before_authentication_anything_but_negotiation_is_not_authorized(string xml)
    {
        AssertError(await AnswerAsync(TestClient.Header + xml), "not-authorized");
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.SendAsync(xml);
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
    }

    [Test, Property("Spec", "S-19")]
    public async Task A_closed_stream_is_closed_in_answer_and_the_connection_ends()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.OpenAsync();
        await client.SendAsync("</stream:stream>");
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo("</stream:stream>"));
        await host.EndedAsync();
    }

    /// <summary>SE-01: a header, exactly one condition, the end.</summary>
    private static void AssertError(string answer, string condition)
    {
        Assert.That(answer, Does.StartWith("<?xml version='1.0'?><stream:stream "));
        Assert.That(answer, Does.Contain($"<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
        Assert.That(answer.Split("<stream:error>"), Has.Length.EqualTo(2));
        Assert.That(answer, Does.EndWith("</stream:error></stream:stream>"));
    }
}
