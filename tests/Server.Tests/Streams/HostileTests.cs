using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>What a stream does with input that is meant to hurt (RFC 6120 §11, §13.12; XEP-0205), and that the rest goes on.</summary>
[CancelAfter(120_000)]
public sealed class HostileTests
{
    private static async Task<string> ErrorAsync(string xml)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, _) = await host.LoginAsync("juliet");
        await client.SendAsync(xml);
        string answer = await client.ReadToAsync("</stream:stream>");
        Assert.That(answer, Does.StartWith("<stream:error><"));
        (TestClient other, _) = await host.LoginAsync("romeo");
        await other.SendAsync("</stream:stream>");
        await other.ReadToAsync("</stream:stream>");
        return answer["<stream:error><".Length..answer.IndexOf(' ', StringComparison.Ordinal)];
    }

    private static string ConditionOf(string answer)
    {
        int at = answer.IndexOf("<stream:error><", StringComparison.Ordinal) + "<stream:error><".Length;
        return answer[at..answer.IndexOf(' ', at)];
    }

    [TestCase("<!-- x -->", "restricted-xml"), TestCase("<?x y?>", "restricted-xml"), TestCase("<message><body>&foo;</body></message>", "restricted-xml"), TestCase("<!DOCTYPE lolz [<!ENTITY lol 'lol'>]>", "restricted-xml"), Property("Spec", "X-01")]
    [TestCase("<message><body></message>", "not-well-formed"), TestCase("<message a='1' a='2'/>", "not-well-formed"), TestCase("<x:message/>", "not-well-formed"), TestCase("<message><body>&#0;</body></message>", "not-well-formed"), TestCase("<<", "not-well-formed"), TestCase("text", "not-well-formed|bad-format"), Property("Spec", "X-02")]
    public async Task Bad_XML_ends_the_stream_with_its_condition(string xml, string conditions)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, _) = await host.LoginAsync("juliet");
        await client.SendAsync(xml);
        Assert.That(conditions.Split('|'), Does.Contain(ConditionOf(await client.ReadToAsync("</stream:stream>"))));
        await host.LoginAsync("romeo");
    }

    [Test, Property("Spec", "X-04")]
    public async Task Invalid_UTF8_ends_the_stream()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient client, _) = await host.LoginAsync("juliet");
        await client.SendAsync([.. "<message><body>"u8, 0xC3, 0x28, .. "</body></message>"u8]);
        Assert.That(ConditionOf(await client.ReadToAsync("</stream:stream>")), Is.EqualTo("unsupported-encoding").Or.EqualTo("not-well-formed"));
    }

    [Test, Property("Spec", "X-07")]
    public async Task A_login_byte_by_byte_works()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Tls.Required = false);
        TestClient client = host.Connect();
        await SendSlowlyAsync(client, TestClient.Header);
        await client.ReadToAsync("</stream:features>");
        await SendSlowlyAsync(client, $"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{TestClient.Base64("\0juliet\0" + StreamHost.Password)}</auth>");
        Assert.That(await client.ReadSaslAsync(), Does.Contain("<success"));
        await SendSlowlyAsync(client, TestClient.Header);
        await client.ReadToAsync("</stream:features>");
        await SendSlowlyAsync(client, "<iq type='set' id='ü'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bäñk</resource></bind></iq>");
        Assert.That(await client.ReadToAsync("</iq>"), Does.Contain("id='ü'").And.Contain("<jid>juliet@localhost/bäñk</jid>"));

        static async Task SendSlowlyAsync(TestClient client, string xml)
        {
            foreach (byte octet in Encoding.UTF8.GetBytes(xml)) await client.SendAsync([octet]);
        }
    }

    [Test, Property("Spec", "D-10")]
    public async Task An_endless_attribute_costs_no_more_than_the_limit()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var pipes = new PipePair();
        TestClient client = host.Connect(pipes);
        await client.OpenAsync();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await client.SendAsync("<iq id='");
        byte[] chunk = Encoding.ASCII.GetBytes(new string('a', 32 * 1024));
        // A gigabyte, or as much as the server takes before it hangs up.
        long sent = 0;
        try
        {
            while (sent < 1L << 30 && !host.Ended)
            {
                await pipes.ClientStream.WriteAsync(chunk);
                sent += chunk.Length;
                if (sent > 1 << 20) host.Time.Advance(TimeSpan.FromSeconds(1));
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // Cut off, as it should be.
        }
        await host.EndedAsync();
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(8L << 20));
        Assert.That(sent, Is.LessThan(1L << 30));
    }

    [Test, Property("Spec", "D-10"), Property("Spec", "D-03")]
    public async Task A_stranger_may_send_less_than_an_account()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient stranger = host.Connect();
        await stranger.SecureAsync();
        await stranger.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{new string('A', host.Options.Limits.PreAuthStanzaBytes)}</auth>");
        Assert.That(ConditionOf(await stranger.ReadToAsync("</stream:stream>")), Is.EqualTo("policy-violation"));

        (TestClient juliet, _) = await host.LoginAsync("juliet");
        (TestClient romeo, string to) = await host.LoginAsync("romeo");
        await juliet.SendAsync($"<message to='{to}' type='chat'><body>{new string('A', 200_000)}</body></message>");
        Assert.That((await romeo.ReadToAsync("</message>")).Length, Is.GreaterThan(200_000));
        await juliet.SendAsync($"<message to='{to}' type='chat'><body>{new string('A', host.Options.Limits.StanzaBytes)}</body></message>");
        Assert.That(ConditionOf(await juliet.ReadToAsync("</stream:stream>")), Is.EqualTo("policy-violation"));
    }

    [Test, Property("Spec", "D-10")]
    public async Task Depth_and_attributes_are_bounded()
    {
        Assert.That(await ErrorAsync("<message>" + string.Concat(Enumerable.Repeat("<a>", 100))), Is.EqualTo("policy-violation"));
        Assert.That(await ErrorAsync("<message " + string.Join(' ', Enumerable.Range(0, 200).Select(i => $"a{i}=''")) + "/>"), Is.EqualTo("policy-violation"));
    }

    [Test, Property("Spec", "D-10")]
    public async Task Who_dawdles_before_authentication_is_sent_away()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.OpenAsync();
        for (int second = 0; second < host.Options.Limits.PreAuthSeconds; second++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await client.SendAsync(" ");
        }
        host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(ConditionOf(await client.ReadToAsync("</stream:stream>")), Is.EqualTo("connection-timeout"));
    }

    [Test]
    public async Task A_client_that_never_reads_is_cut_after_the_time_allowed_and_holds_nobody_up()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.IdleSeconds = 0);
        var pipes = new PipePair();
        TestClient deaf = host.Connect(pipes);
        string to = await deaf.LoginAsync("romeo", StreamHost.Password);
        Assert.That(host.Get<Presentities>().TryFind(Jid.Parse(to).Bare, out Presentity? presentity), Is.True);
        var message = new Message { From = Jid.Parse("juliet@localhost/x"), To = Jid.Parse(to), Content = StanzaContent.Of(new Element(Namespaces.Client, "body", new string('x', 50_000))) };
        // More than lies in the pipes: the writer now waits for the client.
        for (int i = 0; i < 10; i++) presentity!.FindSession(Jid.Parse(to).Resource!)!.TrySend(message);

        (TestClient juliet, _) = await host.LoginAsync("juliet");
        for (int second = 0; second < host.Options.Limits.StalledSeconds - 5; second++) host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(pipes.Aborted.Task.IsCompleted, Is.False);
        await juliet.SendAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        await juliet.ReadToAsync("id='r'");
        for (int second = 0; second < 20; second++) host.Time.Advance(TimeSpan.FromSeconds(1));
        await pipes.Aborted.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
