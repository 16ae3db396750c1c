using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>
/// RFC 2779 §2.5.1, §2.5.2, §5.4.7: what was changed on the way or is played again is not believed. Each is tried also in the clear, where
/// it works: so the attack is one.
/// </summary>
[CancelAfter(60_000)]
public sealed class TamperTests
{
    private const string Sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
    private const string Message = "<message to='juliet@localhost/balcony' type='chat' id='m'><body>Good morrow</body></message>";

    [Test]
    public async Task A_byte_that_was_changed_on_the_way_ends_the_stream_and_nothing_of_it_arrives([Values] bool isEncrypted)
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Tls.Required = isEncrypted);
        (TestClient juliet, _) = await host.LoginAsync("juliet", "balcony");
        (TestClient romeo, Tampering line, PipePair pipes) = await LoginAsync(host, isEncrypted);
        line.Change = bytes => isEncrypted ? bytes.Length - 20 : Encoding.UTF8.GetString(bytes).IndexOf("Good", StringComparison.Ordinal);
        await romeo.SendAsync(Message);
        if (isEncrypted)
        {
            Assert.That(await romeo.ReadToEndAsync(), Does.Not.Contain("<message"));
            await host.EndedAsync(pipes);
            Assert.That(await EverythingAsync(juliet), Does.Not.Contain("<message"));
        }
        else
        {
            Assert.That(await juliet.ReadToAsync("</message>"), Does.Contain("Food morrow"));
        }
    }

    [Test]
    public async Task A_connection_that_was_overheard_and_is_played_again_says_nothing([Values] bool isEncrypted)
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Tls.Required = isEncrypted);
        (TestClient juliet, _) = await host.LoginAsync("juliet", "balcony");
        (TestClient romeo, Tampering line, _) = await LoginAsync(host, isEncrypted);
        await romeo.SendAsync(Message);
        await juliet.ReadToAsync("</message>");
        var again = new PipePair();
        TestClient eve = host.Connect(again);
        await eve.SendAsync(line.Noted[0]);
        await eve.ReadToAsync("</stream:features>");
        await eve.SendAsync(line.Noted[1]);
        if (isEncrypted) await eve.ReadToAsync(">");
        foreach (byte[] bytes in line.Noted.Skip(2))
        {
            try { await eve.SendAsync(bytes); }
            catch (Exception e) when (e is IOException or InvalidOperationException) { break; }   // ended in the middle
        }
        if (isEncrypted)
        {
            await host.EndedAsync(again);
            Assert.That(await EverythingAsync(juliet), Does.Not.Contain("<message"));
        }
        else
        {
            Assert.That(await juliet.ReadToAsync("</message>"), Does.Contain("Good morrow"), "in the clear it is said twice");
        }
    }

    [Test]
    public async Task Bytes_that_come_a_second_time_on_the_same_line_end_it([Values] bool isEncrypted)
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Tls.Required = isEncrypted);
        (TestClient juliet, _) = await host.LoginAsync("juliet", "balcony");
        (TestClient romeo, Tampering line, PipePair pipes) = await LoginAsync(host, isEncrypted);
        await romeo.SendAsync(Message);
        await juliet.ReadToAsync("</message>");
        await line.WriteAsync(line.Noted[^1]);
        if (isEncrypted)
        {
            await host.EndedAsync(pipes);
            Assert.That(await EverythingAsync(juliet), Does.Not.Contain("<message"));
        }
        else
        {
            Assert.That(await juliet.ReadToAsync("</message>"), Does.Contain("Good morrow"));
        }
    }

    [Test]
    public async Task A_SCRAM_exchange_that_was_overheard_is_worth_nothing_a_second_time()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var scram = new ScramClient(ScramHash.Sha256, "romeo", StreamHost.Password, "n,,", []);
        TestClient romeo = host.Connect();
        await romeo.SecureAsync();
        string first = TestClient.Base64(scram.First);
        string challenge = await SayAsync(romeo, $"<auth xmlns='{Sasl}' mechanism='SCRAM-SHA-256'>{first}</auth>");
        string final = TestClient.Base64(scram.Final(TestClient.TextOf(challenge)));
        Assert.That(await SayAsync(romeo, $"<response xmlns='{Sasl}'>{final}</response>"), Does.Contain("<success"));
        TestClient eve = host.Connect();
        await eve.SecureAsync();
        Assert.That(await SayAsync(eve, $"<auth xmlns='{Sasl}' mechanism='SCRAM-SHA-256'>{first}</auth>"), Does.Contain("<challenge").And.Not.EqualTo(challenge));
        Assert.That(await SayAsync(eve, $"<response xmlns='{Sasl}'>{final}</response>"), Does.Contain("<not-authorized/>"));
    }

    private static async Task<string> SayAsync(TestClient client, string xml)
    {
        await client.SendAsync(xml);
        return await client.ReadSaslAsync();
    }

    private static async Task<(TestClient, Tampering, PipePair)> LoginAsync(StreamHost host, bool isEncrypted)
    {
        var pipes = new PipePair();
        host.Connect(pipes);
        var line = new Tampering(pipes.ClientStream);
        var romeo = new TestClient(line, pipes.HangUp);
        await romeo.OpenAsync();
        if (isEncrypted)
        {
            await romeo.StartTlsAsync();
            await romeo.OpenAsync();
        }
        Assert.That(await romeo.PlainAsync("romeo", StreamHost.Password), Does.Contain("<success"));
        await romeo.OpenAsync();
        await romeo.BindAsync("orchard");
        return (romeo, line, pipes);
    }

    private static async Task<string> EverythingAsync(TestClient client)
    {
        await client.SendAsync("<iq type='get' id='fence' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
        return await client.ReadToAsync("fence'");
    }
}
