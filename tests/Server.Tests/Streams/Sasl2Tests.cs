using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>The extensible SASL profile (XEP-0388) with Bind 2 (XEP-0386), stream management (XEP-0198) and upgrades (XEP-0480) inside.</summary>
[CancelAfter(60_000)]
public sealed class Sasl2Tests
{
    private const string Ns = "urn:xmpp:sasl:2";
    private const string Client = "d4565fa7-4d72-4749-b3d3-740edbf87770";

    private static string Authenticate(string inside, string user = "juliet", string password = StreamHost.Password) =>
        $"<authenticate xmlns='{Ns}' mechanism='PLAIN'><initial-response>{TestClient.Base64($"\0{user}\0{password}")}</initial-response>{inside}</authenticate>";

    private static string Agent(string id = Client) => $"<user-agent id='{id}'><software>Test</software></user-agent>";

    private static async Task<string> SucceedAsync(TestClient client, string inside)
    {
        await client.SendAsync(Authenticate(inside));
        return await client.ReadToAsync("</success>");
    }

    private static string JidIn(string success)
    {
        int at = success.IndexOf("<authorization-identifier>", StringComparison.Ordinal) + "<authorization-identifier>".Length;
        return success[at..success.IndexOf('<', at)];
    }

    [Test, Property("Spec", "S2-1"), Property("Spec", "B2-1")]
    public async Task Offered_behind_TLS_only_with_what_goes_inside()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Tls.Required = false);
        TestClient client = host.Connect();
        Assert.That(await client.OpenAsync(), Does.Not.Contain(Ns));
        await client.StartTlsAsync();
        string features = await client.OpenAsync();
        Assert.That(features, Does.Contain($"<authentication xmlns='{Ns}'><mechanism>SCRAM-SHA-512</mechanism>"));
        Assert.That(features, Does.Contain("<bind xmlns='urn:xmpp:bind:0'><inline>").And.Contain("<feature var='urn:xmpp:carbons:2'/>").And.Contain("<feature var='urn:xmpp:sm:3'/>"));
        Assert.That(features, Does.Contain("<sm xmlns='urn:xmpp:sm:3'/><fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-NONE</mechanism></fast></inline>"));
        Assert.That(features, Does.Contain("<upgrade xmlns='urn:xmpp:sasl:upgrade:0'>UPGR-SCRAM-SHA-256</upgrade>"));
    }

    [Test, Property("Spec", "S2-1")]
    public async Task Refused_in_the_clear()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Tls.Required = false);
        TestClient client = host.Connect();
        await client.OpenAsync();
        await client.SendAsync(Authenticate(""));
        Assert.That(await client.ReadToAsync("</failure>"), Does.Contain("<encryption-required"));
    }

    [Test, Property("Spec", "S2-3")]
    public async Task A_success_names_the_account_and_features_follow_without_a_new_stream()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        Assert.That(await SucceedAsync(client, Agent()), Is.EqualTo($"<success xmlns='{Ns}'><authorization-identifier>juliet@localhost</authorization-identifier></success>"));
        Assert.That(await client.ReadToAsync("</stream:features>"), Does.StartWith("<stream:features>").And.Contain("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'"));
        await client.BindAsync("balcony");
    }

    [Test, Property("Spec", "B2-1")]
    public async Task Binding_inside_gives_the_same_resource_to_the_same_installation_and_ends_its_older_session()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        const string Bind = "<bind xmlns='urn:xmpp:bind:0'><tag>Test</tag><enable xmlns='urn:xmpp:carbons:2'/></bind>";
        TestClient first = host.Connect();
        await first.SecureAsync();
        string success = await SucceedAsync(first, Agent() + Bind);
        Assert.That(success, Does.Contain("<bound xmlns='urn:xmpp:bind:0'><metadata xmlns='urn:xmpp:mam:2'/></bound>"));
        string jid = JidIn(success);
        Assert.That(jid, Does.Match("^juliet@localhost/Test/[a-z2-9]{12}$"));
        Assert.That(await first.ReadToAsync("</stream:features>"), Does.Not.Contain("xmpp-bind"));
        await first.SendAsync("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>");
        await first.ReadToAsync("id='p'");

        TestClient second = host.Connect();
        await second.SecureAsync();
        Assert.That(JidIn(await SucceedAsync(second, Agent() + Bind)), Is.EqualTo(jid));
        Assert.That(await first.ReadToEndAsync(), Does.Contain("<conflict "));

        TestClient other = host.Connect();
        await other.SecureAsync();
        Assert.That(JidIn(await SucceedAsync(other, Agent("1b4e28ba-2fa1-41d2-883f-0016d3cca427") + Bind)), Is.Not.EqualTo(jid));
        await second.SendAsync("<iq type='get' id='q'><ping xmlns='urn:xmpp:ping'/></iq>");
        await second.ReadToAsync("id='q'");
    }

    [Test, Property("Spec", "B2-1")]
    public async Task What_waits_is_read_in_the_archive_and_not_sent_but_for_what_is_in_none()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>kept</body></message>");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>passing</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>");
        await romeo.SendAsync("<iq type='get' id='r'><ping xmlns='urn:xmpp:ping'/></iq>");
        await romeo.ReadToAsync("id='r'");
        TestClient juliet = host.Connect();
        await juliet.SecureAsync();
        await SucceedAsync(juliet, Agent() + "<bind xmlns='urn:xmpp:bind:0'/>");
        // Came while nobody took messages, but behind the binding.
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>later</body></message><iq type='get' id='s'><ping xmlns='urn:xmpp:ping'/></iq>");
        await romeo.ReadToAsync("id='s'");
        await juliet.SendAsync("<presence/><iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>");
        string sent = await juliet.ReadToAsync("id='p'");
        Assert.That(sent, Does.Contain("passing").And.Contain("later").And.Not.Contain("kept"));
        // It still waits, for one who knows of no archive.
        await juliet.SendAsync("</stream:stream>");
        await juliet.ReadToEndAsync();
        (TestClient old, _) = await host.LoginAsync("juliet");
        await old.SendAsync("<presence/>");
        Assert.That(await old.ReadToAsync("</message>"), Does.Contain("kept"));
    }

    [Test, Property("Spec", "B2-1")]
    public async Task A_sign_in_is_not_half_done_when_the_archive_cannot_be_read()
    {
        FaultyEngine engine = null!;
        await using StreamHost host = await StreamHost.StartAsync(engine: real => engine = new FaultyEngine(real));
        engine.FailsLogReads = true;
        TestClient client = host.Connect();
        await client.SecureAsync();
        Assert.That(await SucceedAsync(client, Agent() + "<bind xmlns='urn:xmpp:bind:0'/>"), Does.Contain("<bound xmlns='urn:xmpp:bind:0'/>"));
        await client.SendAsync("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>");
        await client.ReadToAsync("id='p'");
    }

    [Test, Property("Spec", "SM-9")]
    public async Task Stream_management_begins_inside_and_is_resumed_inside_without_features()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        const string Bind = "<bind xmlns='urn:xmpp:bind:0'><enable xmlns='urn:xmpp:sm:3' resume='true'/></bind>";
        TestClient first = host.Connect();
        await first.SecureAsync();
        string success = await SucceedAsync(first, Agent() + Bind);
        Assert.That(success, Does.Contain("<enabled xmlns='urn:xmpp:sm:3' id='"));
        int at = success.IndexOf(" id='", StringComparison.Ordinal) + 5;
        string id = success[at..success.IndexOf('\'', at)];
        await first.SendAsync("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>");
        await first.ReadToAsync("id='p'");
        await first.DisposeAsync();

        TestClient second = host.Connect();
        await second.SecureAsync();
        string resumed = await SucceedAsync(second, $"{Agent()}{Bind}<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='0'/>");
        Assert.That(resumed, Does.Contain($"<authorization-identifier>{JidIn(success)}</authorization-identifier><resumed xmlns='urn:xmpp:sm:3' previd='{id}' h='1'/></success>"));
        Assert.That(await second.ReadToAsync("id='p'"), Does.Not.Contain("features"));

        TestClient third = host.Connect();
        await third.SecureAsync();
        string failed = await SucceedAsync(third, $"{Agent()}{Bind}<resume xmlns='urn:xmpp:sm:3' previd='nobody' h='0'/>");
        Assert.That(failed, Does.Contain("<failed xmlns='urn:xmpp:sm:3'><item-not-found").And.Contain("<bound "));
    }

    [Test, Property("Spec", "S2-2")]
    public async Task A_wrong_password_fails_and_nothing_of_the_rest_is_done()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.SendAsync(Authenticate("<bind xmlns='urn:xmpp:bind:0'/>", password: "wrong"));
        Assert.That(await client.ReadToAsync("</failure>"), Is.EqualTo($"<failure xmlns='{Ns}'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>"));
        // The stream is as it was.
        Assert.That(JidIn(await SucceedAsync(client, "")), Is.EqualTo("juliet@localhost"));
    }

    [TestCase(" "), TestCase("<presence/>"), TestCase("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGp1bGlldABzZXNhbWU=</auth>"), TestCase("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>"), TestCase("<next xmlns='urn:xmpp:sasl:2' task='UPGR-SCRAM-SHA-256'/>")]
    [Property("Spec", "S2-2")]
    public async Task Anything_else_while_it_runs_ends_the_stream(string other)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.SendAsync($"<authenticate xmlns='{Ns}' mechanism='PLAIN'/>");
        await client.ReadToAsync("/>");
        await client.SendAsync(other);
        Assert.That(await client.ReadToEndAsync(), Does.Contain("<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
    }

    [TestCase("authenticate"), TestCase("response"), TestCase("abort"), Property("Spec", "S2-2")]
    public async Task Behind_the_success_it_ends_the_stream(string name)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await SucceedAsync(client, "<bind xmlns='urn:xmpp:bind:0'/>");
        await client.SendAsync($"<{name} xmlns='{Ns}' mechanism='PLAIN'/>");
        Assert.That(await client.ReadToEndAsync(), Does.Contain("<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
    }

    [Test, Property("Spec", "S2-3")]
    public async Task The_id_of_a_client_is_a_random_UUID()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.SendAsync(Authenticate(Agent("d4565fa7-4d72-1749-b3d3-740edbf87770")));
        Assert.That(await client.ReadToAsync("</failure>"), Does.Contain("<malformed-request "));
    }

    [Test]
    public async Task SCRAM_tells_a_digest_of_the_offer_and_an_account_gets_the_keys_it_lacks()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var jid = Jid.Parse("nurse@localhost");
        await host.Accounts.AddAsync(new Storage.Account(jid, host.Time.GetUtcNow()) { Keys = [ScramKeys.Derive(ScramHash.Sha1, "rosemary", new byte[16], 4096)] });
        TestClient client = host.Connect();
        await client.SecureAsync();
        var scram = new ScramClient(ScramHash.Sha1, "nurse", "rosemary", "n,,", []);
        await client.SendAsync($"<authenticate xmlns='{Ns}' mechanism='SCRAM-SHA-1'><initial-response>{TestClient.Base64(scram.First)}</initial-response><upgrade xmlns='urn:xmpp:sasl:upgrade:0'>UPGR-SCRAM-SHA-256</upgrade></authenticate>");
        string challenge = TestClient.TextOf(await client.ReadToAsync("</challenge>"));
        // XEP-0474 §5.1, written out.
        string digest = Convert.ToBase64String(CryptographicOperations.HashData(HashAlgorithmName.SHA1, Encoding.ASCII.GetBytes("PLAIN\u001eSCRAM-SHA-1\u001eSCRAM-SHA-256\u001eSCRAM-SHA-512")));
        Assert.That(challenge, Does.EndWith(",h=" + digest));
        await client.SendAsync($"<response xmlns='{Ns}'>{TestClient.Base64(scram.Final(challenge))}</response>");
        string goOn = await client.ReadToAsync("</continue>");
        Assert.That(goOn, Does.Contain($"<additional-data>{TestClient.Base64(scram.ExpectedSignature)}</additional-data><tasks><task>UPGR-SCRAM-SHA-256</task></tasks>"));
        await client.SendAsync($"<next xmlns='{Ns}' task='UPGR-SCRAM-SHA-256'/>");
        string salt = await client.ReadToAsync("</task-data>");
        int at = salt.IndexOf("iterations='", StringComparison.Ordinal) + 12;
        int iterations = int.Parse(salt[at..salt.IndexOf('\'', at)], System.Globalization.CultureInfo.InvariantCulture);
        string text = salt[(salt.IndexOf('>', at) + 1)..salt.IndexOf("</salt>", StringComparison.Ordinal)];
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2("rosemary", Convert.FromBase64String(text), iterations, HashAlgorithmName.SHA256, 32);
        await client.SendAsync($"<task-data xmlns='{Ns}'><hash xmlns='urn:xmpp:scram-upgrade:0'>{Convert.ToBase64String(salted)}</hash></task-data>");
        Assert.That(JidIn(await client.ReadToAsync("</success>")), Is.EqualTo("nurse@localhost"));

        TestClient again = host.Connect();
        await again.SecureAsync();
        Assert.That(await again.ScramAsync("SCRAM-SHA-256", "nurse", "rosemary"), Does.Contain("<success"));
        Assert.That((await host.Accounts.FindAsync(jid))!.Keys, Has.Count.EqualTo(2));
    }
}
