using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules.Clients;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;
using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Streams.FastClient;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>The clients of an account, listed and shut out (XEP-0494), and what another password ends.</summary>
[CancelAfter(60_000)]
public sealed class ClientAccessTests
{
    private const string Ns = ClientsModule.Ns;
    private const string Ask = "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>";
    private const string Bind = "<bind xmlns='urn:xmpp:bind:0'/>";
    private static readonly Jid Juliet = Jid.Parse("juliet@localhost");

    /// <summary>A client with a token and a session.</summary>
    private static async Task<FastClient> ArriveAsync(StreamHost host, string id = Laptop, string inside = Ask + Bind)
    {
        var client = new FastClient(host) { Id = id };
        Assert.That(Outcome(await client.PasswordAsync(inside: inside)), Is.EqualTo("success"));
        await client.Connection.ReadToAsync("</stream:features>");
        return client;
    }

    private static async Task<Element> AskAsync(TestClient client, string type, string payload)
    {
        await client.SendAsync($"<iq type='{type}' id='q'>{payload}</iq>");
        string answer = await client.ReadToAsync("id='q'");
        answer = answer[answer.LastIndexOf("<iq", StringComparison.Ordinal)..] + await client.ReadToAsync(">");
        if (!answer.EndsWith("/>", StringComparison.Ordinal)) answer += await client.ReadToAsync("</iq>");
        return Element.Parse(answer.Replace("<iq ", "<iq xmlns='jabber:client' ", StringComparison.Ordinal));
    }

    private static async Task<Element[]> ListAsync(TestClient client) =>
        [.. (await AskAsync(client, "get", $"<list xmlns='{Ns}'/>")).Child(Ns, "clients")!.Children];

    private static Task<Element> RevokeAsync(TestClient client, string? id) =>
        AskAsync(client, "set", id is null ? $"<revoke xmlns='{Ns}'/>" : $"<revoke xmlns='{Ns}' id='{id}'/>");

    private static Element Named(Element[] list, string software) =>
        list.Single(client => client.Child(Ns, "user-agent")!.Child(Ns, "software")?.Text == software);

    private static string Condition(Element answer) => answer["type"] == "result" ? "result" : answer.Children.Single(child => child.LocalName == "error").Children.First().LocalName;

    private static Task EndedAsync(StreamHost host, string client) =>
        host.Get<Presentities>().TryFind(Juliet, out Presentity? presentity)
            ? Task.WhenAll(presentity.Sessions.Where(session => session.Client == client).Select(static session => session.WhenEndedAsync())).WaitAsync(TimeSpan.FromSeconds(30))
            : Task.CompletedTask;

    /// <summary>As of a client that has had its token since before the account got the password it has now.</summary>
    private static async Task ForgetPasswordAsync(StreamHost host, string id = Laptop)
    {
        var store = host.Get<ClientStore>();
        await store.ChangeAsync(Juliet, store.IdOf(Juliet, "agent", id), client => client! with { KnowsPassword = false });
    }

    [Test, Property("Spec", "X0494-1")]
    public async Task The_owner_sees_each_client_with_what_it_says_of_itself()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient laptop = await ArriveAsync(host);
        host.Time.Advance(TimeSpan.FromSeconds(7));
        (TestClient old, _) = await host.LoginAsync("juliet", "balcony");
        await new FastClient(host) { Id = Phone }.PasswordAsync();
        host.Time.Advance(TimeSpan.FromSeconds(7));
        Element[] list = await ListAsync(old);
        Assert.That(list.Select(client => client["id"]), Is.Unique);
        string seen = host.Time.GetUtcNow().AddSeconds(-14).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        string id = host.Get<ClientStore>().IdOf(Juliet, "agent", Laptop);
        Assert.That(list.Single(client => client["id"] == id).ToString(), Is.EqualTo(
            $"<client xmlns='{Ns}' connected='true' id='{id}' type='session'><first-seen>{seen}</first-seen><last-seen>{seen}</last-seen>" +
            "<auth><password/><fast/></auth><permission status='unrestricted'/><user-agent><software>Test</software><device>Laptop</device></user-agent></client>"));
        Element phone = list.Single(client => client["id"] == host.Get<ClientStore>().IdOf(Juliet, "agent", Phone));
        Assert.That(phone["connected"], Is.EqualTo("false"), "signed in, and has no session");
        Element balcony = list.Single(client => client.Child(Ns, "user-agent")!.Child(Ns, "device")?.Text == "balcony");
        Assert.That((balcony["connected"], balcony.Child(Ns, "auth")!.ToString()), Is.EqualTo(("true", $"<auth xmlns='{Ns}'><password/></auth>")), "of which nothing but its resource is known");
        Assert.That(list, Has.Length.EqualTo(3));
        await laptop.Connection.SendAsync("</stream:stream>");
    }

    [Test]
    public async Task Names_are_not_kept_when_the_administrator_says_so()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Auth.ClientNames = false);
        await ArriveAsync(host);
        (TestClient old, _) = await host.LoginAsync("juliet", "balcony");
        Element[] list = await ListAsync(old);
        Assert.That(list.Select(client => client.Child(Ns, "user-agent")!.Children.Count()), Is.EqualTo(new[] { 0, 0 }));
        Assert.That((await host.Get<ClientStore>().ListAsync(Juliet)).Select(client => client.Software + client.Device + client.Resource), Is.All.Empty);
    }

    [Test]
    public async Task What_a_client_says_of_itself_harms_no_terminal()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.SendAsync($"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>{TestClient.Base64("\0juliet\0sesame")}</initial-response>"
            + $"<user-agent id='{Laptop}'><software>a\u202Eb\u0085c</software><device>{new string('x', 1000)}</device></user-agent>{Bind}</authenticate>");
        await client.ReadToAsync("</stream:features>");
        Element agent = (await ListAsync(client)).Single().Child(Ns, "user-agent")!;
        Assert.That(agent.Child(Ns, "software")!.Text, Is.EqualTo("a b c"));
        Assert.That(agent.Child(Ns, "device")!.Text, Has.Length.EqualTo(200));
    }

    [Test]
    public async Task Clients_without_access_are_not_listed()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Auth.ClientDays = 1);
        FastClient laptop = await ArriveAsync(host, inside: Bind);
        await new FastClient(host) { Id = Phone }.PasswordAsync(inside: "");
        Assert.That(await ListAsync(laptop.Connection), Has.Length.EqualTo(2));
        host.Time.Advance(TimeSpan.FromHours(25));
        laptop = await ArriveAsync(host, inside: Bind);
        Assert.That(await ListAsync(laptop.Connection), Has.Length.EqualTo(1), "too long ago");
    }

    [Test, Property("Spec", "X0494-2")]
    public async Task A_revoked_client_loses_its_session_and_its_token()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient laptop = await ArriveAsync(host);
        await ForgetPasswordAsync(host);
        (TestClient other, _) = await host.LoginAsync("juliet", "balcony");
        string id = Named(await ListAsync(other), "Test")["id"]!;
        Assert.That(Condition(await RevokeAsync(other, id)), Is.EqualTo("result"));
        Assert.That(await laptop.Connection.ReadToEndAsync(), Does.Contain("<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>").And.Contain("revoked"));
        Assert.That(Outcome(await laptop.TokenAsync()), Is.EqualTo("credentials-expired"));
        await EndedAsync(host, id);
        Assert.That(await ListAsync(other), Has.Length.EqualTo(1));
    }

    [Test, Property("Spec", "X0494-2")]
    public async Task One_that_knows_the_password_is_let_in_by_that_and_its_owner_is_told()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient laptop = await ArriveAsync(host);
        (TestClient other, _) = await host.LoginAsync("juliet", "balcony");
        string id = Named(await ListAsync(other), "Test")["id"]!;
        Element answer = await RevokeAsync(other, id);
        Assert.That(Condition(answer), Is.EqualTo("service-unavailable"));
        Assert.That(answer.Children.Single(child => child.LocalName == "error").Child(Ns, "password-reset-required"), Is.Not.Null);
        await laptop.Connection.ReadToEndAsync();
        Assert.That(Outcome(await laptop.TokenAsync()), Is.EqualTo("credentials-expired"), "done as far as it goes");
        await other.SendAsync("<iq type='set' id='p'><query xmlns='jabber:iq:register'><username>juliet</username><password>another secret</password></query></iq>");
        await other.ReadToAsync("id='p'");
        Assert.That(Outcome(await laptop.PasswordAsync()), Is.EqualTo("not-authorized"));
    }

    [Test, Property("Spec", "X0494-2")]
    public async Task A_client_that_revokes_itself_is_answered_and_then_gone()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient laptop = await ArriveAsync(host);
        await ForgetPasswordAsync(host);
        string id = (await ListAsync(laptop.Connection)).Single()["id"]!;
        Assert.That(Condition(await RevokeAsync(laptop.Connection, id)), Is.EqualTo("result"));
        Assert.That(await laptop.Connection.ReadToEndAsync(), Does.Contain("<not-authorized "));
        Assert.That(Outcome(await laptop.TokenAsync()), Is.EqualTo("credentials-expired"));
    }

    [Test, Property("Spec", "X0494-2")]
    public async Task A_session_that_waits_for_its_client_ends_too()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient laptop = await ArriveAsync(host, inside: Ask + "<bind xmlns='urn:xmpp:bind:0'><enable xmlns='urn:xmpp:sm:3' resume='true'/></bind>");
        await ForgetPasswordAsync(host);
        await laptop.Connection.DisposeAsync();
        (TestClient other, _) = await host.LoginAsync("juliet", "balcony");
        Element listed = Named(await ListAsync(other), "Test");
        Assert.That(listed["connected"], Is.EqualTo("true"), "it may yet be resumed (§3.1)");
        Assert.That(Condition(await RevokeAsync(other, listed["id"])), Is.EqualTo("result"));
        await EndedAsync(host, listed["id"]!);
        Assert.That(await ListAsync(other), Has.Length.EqualTo(1));
    }

    [Test, Property("Spec", "X0494-2")]
    public async Task A_session_is_of_the_client_that_resumed_it()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        const string Managed = "<bind xmlns='urn:xmpp:bind:0'><enable xmlns='urn:xmpp:sm:3' resume='true'/></bind>";
        var laptop = new FastClient(host);
        Element first = await laptop.PasswordAsync(inside: Managed);
        string session = first.Child("urn:xmpp:bind:0", "bound")!.Child("urn:xmpp:sm:3", "enabled")!["id"]!;
        await laptop.Connection.DisposeAsync();
        var phone = new FastClient(host) { Id = Phone };
        await phone.PasswordAsync();
        Element resumed = await phone.TokenAsync(inside: $"<resume xmlns='urn:xmpp:sm:3' previd='{session}' h='0'/>");
        Assert.That(resumed.Child("urn:xmpp:sm:3", "resumed"), Is.Not.Null);
        await host.Get<KnownClients>().RevokeAsync(Juliet, host.Get<ClientStore>().IdOf(Juliet, "agent", Phone), null, default);
        Assert.That(await phone.Connection.ReadToEndAsync(), Does.Contain("<not-authorized "));
    }

    [TestCase(true), TestCase(false), Property("Spec", "X0494-2")]
    public async Task Who_is_shut_out_on_his_way_in_does_not_stay(bool byToken)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        Account account = (await host.Accounts.FindAsync(Juliet))!;
        string id = host.Get<ClientStore>().IdOf(Juliet, "agent", Laptop);
        // Between the proof and the session.
        host.Log.Logged = line =>
        {
            if (!line.Contains(" logged in from ", StringComparison.Ordinal)) return;
            host.Log.Logged = null;
            if (byToken)
            {
                host.Get<KnownClients>().RevokeAsync(Juliet, id, null, default).GetAwaiter().GetResult();
            }
            else
            {
                host.Accounts.ReplaceAsync(account with { Keys = [ScramKeys.Derive(ScramHash.Sha1, "another", new byte[16], 4096)] }).GetAwaiter().GetResult();
                host.Get<KnownClients>().PasswordChanged(Juliet, null);
            }
        };
        Assert.That(Outcome(byToken ? await client.TokenAsync(inside: Bind) : await client.PasswordAsync(inside: Bind)), Is.EqualTo("success"));
        Assert.That(await client.Connection.ReadToEndAsync(), Does.Contain("<not-authorized "));
    }

    [Test]
    public async Task What_cannot_be_stored_is_refused_and_nothing_ends()
    {
        FaultyEngine engine = null!;
        await using StreamHost host = await StreamHost.StartAsync(engine: real => engine = new FaultyEngine(real));
        FastClient laptop = await ArriveAsync(host);
        (TestClient other, _) = await host.LoginAsync("juliet", "balcony");
        string id = Named(await ListAsync(other), "Test")["id"]!;
        engine.FailsCommits = true;
        Assert.That(Condition(await RevokeAsync(other, id)), Is.EqualTo("resource-constraint"));
        engine.FailsCommits = false;
        Assert.That(await ListAsync(laptop.Connection), Has.Length.EqualTo(2));
        Assert.That(Outcome(await laptop.TokenAsync()), Is.EqualTo("success"));
    }

    [Test, Property("Spec", "X0494-2"), Property("Spec", "X0494-3")]
    public async Task Only_what_is_there_and_only_by_its_owner()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient laptop = await ArriveAsync(host);
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        string id = (await ListAsync(laptop.Connection)).Single()["id"]!;
        Assert.That(Condition(await RevokeAsync(romeo, id)), Is.EqualTo("item-not-found"));
        Assert.That(Condition(await RevokeAsync(romeo, null)), Is.EqualTo("bad-request"));
        foreach (string to in new[] { "juliet@localhost", "nobody@localhost" })
        {
            await romeo.SendAsync($"<iq type='set' id='{to}' to='{to}'><revoke xmlns='{Ns}' id='{id}'/></iq><iq type='get' id='{to}' to='{to}'><list xmlns='{Ns}'/></iq>");
            for (int i = 0; i < 2; i++) Assert.That(await romeo.ReadToAsync("</iq>"), Does.Contain("type='error'").And.Contain("<service-unavailable "));
        }
        Assert.That(Outcome(await laptop.TokenAsync()), Is.EqualTo("success"));
    }

    [Test]
    public async Task It_is_announced_on_the_account()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient juliet, _) = await host.LoginAsync("juliet");
        Element info = await AskAsync(juliet, "get", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
        Assert.That(info.ToString(), Does.Contain($"var='{Ns}'"));
    }

    [Test]
    public async Task Another_password_ends_every_session_but_the_one_that_set_it()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient old, _) = await host.LoginAsync("juliet", "balcony");
        FastClient laptop = await ArriveAsync(host);
        await laptop.Connection.SendAsync("<iq type='set' id='p'><query xmlns='jabber:iq:register'><username>juliet</username><password>another secret</password></query></iq>");
        await laptop.Connection.ReadToAsync("id='p'");
        Assert.That(await old.ReadToEndAsync(), Does.Contain("<reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
        Assert.That(await ListAsync(laptop.Connection), Has.Length.EqualTo(1), "nobody else has access now");
        Assert.That(Outcome(await laptop.TokenAsync()), Is.EqualTo("credentials-expired"));
        Assert.That(Outcome(await laptop.PasswordAsync("another secret")), Is.EqualTo("success"));
    }
}
