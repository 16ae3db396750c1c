using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;
using static PresenceXml.Server.Tests.Streams.FastClient;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Tokens that let a client in again (XEP-0484).</summary>
[CancelAfter(60_000)]
public sealed class FastTests
{
    private const string Ask = "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>";
    private static readonly Jid Juliet = Jid.Parse("juliet@localhost");

    [Test, Property("Spec", "FA-1")]
    public async Task Mechanisms_are_offered_behind_TLS_and_the_bound_one_with_channel_binding_only()
    {
        await using StreamHost plain = await StreamHost.StartAsync();
        Assert.That(await plain.Connect().SecureAsync(), Does.Contain("<fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-NONE</mechanism></fast>"));
        await using StreamHost binding = await StreamHost.StartAsync(options => options.Auth.ChannelBinding = true);
        Assert.That(await binding.Connect().SecureAsync(), Does.Contain("<fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-ENDP</mechanism><mechanism>HT-SHA-256-NONE</mechanism></fast>"));
        await using StreamHost off = await StreamHost.StartAsync(options => options.Auth.TokenDays = 0);
        Assert.That(await off.Connect().SecureAsync(), Does.Not.Contain("urn:xmpp:fast:0"));
        var client = new FastClient(off);
        Assert.That(GivesToken(await client.PasswordAsync()), Is.False);
        Assert.That(Outcome(await client.TokenAsync("anything")), Is.EqualTo("invalid-mechanism"));
    }

    [Test, Property("Spec", "FA-1")]
    public async Task A_token_is_given_to_who_asks_and_lets_that_client_in_again_with_a_session()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var client = new FastClient(host);
        Element first = await client.PasswordAsync(inside: Ask + "<bind xmlns='urn:xmpp:bind:0'><tag>Test</tag></bind>");
        Assert.That(client.Token, Has.Length.GreaterThanOrEqualTo(22), "128 bits and more");
        DateTimeOffset expiry = DateTimeOffset.ParseExact(client.Expiry, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        Assert.That(expiry - host.Time.GetUtcNow(), Is.GreaterThan(TimeSpan.FromDays(20.9)).And.LessThanOrEqualTo(TimeSpan.FromDays(21)));
        for (int i = 0; i < 3; i++)
        {
            Element again = await client.TokenAsync(inside: "<bind xmlns='urn:xmpp:bind:0'><tag>Test</tag></bind>");
            Assert.That(JidIn(again), Is.EqualTo(JidIn(first)));
            Assert.That(GivesToken(again), Is.False, "it is fresh");
            await client.Connection.ReadToAsync("</stream:features>");
            await client.Connection.SendAsync("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>");
            await client.Connection.ReadToAsync("id='p'");
        }
    }

    [Test, Property("Spec", "FA-1")]
    public async Task Nobody_gets_a_token_who_does_not_ask_or_fails_or_is_no_client_in_particular()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        Assert.That(GivesToken(await new FastClient(host).PasswordAsync(inside: "")), Is.False);
        Assert.That(Outcome(await new FastClient(host).PasswordAsync("wrong")), Is.EqualTo("not-authorized"));
        Assert.That(GivesToken(await new FastClient(host) { Id = null }.PasswordAsync()), Is.False);
        Assert.That(GivesToken(await new FastClient(host) { Mechanism = "HT-SHA-256-ENDP" }.PasswordAsync()), Is.False, "not on offer here");
        Assert.That(GivesToken(await new FastClient(host) { Mechanism = "SCRAM-SHA-1" }.PasswordAsync()), Is.False);
    }

    [Test, Property("Spec", "FA-1")]
    public async Task A_token_is_of_one_client_and_one_account()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        Assert.That(Outcome(await new FastClient(host) { Id = Phone }.TokenAsync(client.Token)), Is.EqualTo("not-authorized"));
        Assert.That(Outcome(await new FastClient(host, "romeo").TokenAsync(client.Token)), Is.EqualTo("not-authorized"));
        Assert.That(Outcome(await new FastClient(host) { Id = null }.TokenAsync(client.Token)), Is.EqualTo("malformed-request"));
        Assert.That(Outcome(await client.TokenAsync()), Is.EqualTo("success"));
    }

    [Test, Property("Spec", "FA-1")]
    public async Task A_token_is_for_one_mechanism_and_bound_to_the_certificate()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Auth.ChannelBinding = true);
        var bound = new FastClient(host) { Mechanism = "HT-SHA-256-ENDP" };
        await bound.PasswordAsync();
        Assert.That(Outcome(await bound.TokenAsync(mechanism: "HT-SHA-256-NONE")), Is.EqualTo("not-authorized"));
        Assert.That(Outcome(await bound.TokenAsync()), Is.EqualTo("success"));
        var free = new FastClient(host) { Id = Phone };
        await free.PasswordAsync();
        Assert.That(Outcome(await free.TokenAsync(mechanism: "HT-SHA-256-ENDP")), Is.EqualTo("not-authorized"));

        // As after a change of the certificate.
        var store = host.Get<ClientStore>();
        foreach (ClientRecord client in await store.ListAsync(Juliet))
            await store.ChangeAsync(Juliet, client.Id, before => before!.Next?.Mechanism == HtMechanism.ServerEndPoint || before.Current?.Mechanism == HtMechanism.ServerEndPoint ? before with { Current = (before.Current ?? before.Next)! with { Binding = new byte[32] }, Next = null } : before);
        Assert.That(Outcome(await bound.TokenAsync()), Is.EqualTo("credentials-expired"));
    }

    [TestCase("PLAIN", "PLAIN"), TestCase("HT-SHA-256-NONE", "HT")]
    public async Task Without_the_fast_element_a_token_mechanism_is_none(string mechanism, string what)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.SendAsync($"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='{mechanism}'><initial-response>{TestClient.Base64("\0juliet\0sesame")}</initial-response><user-agent id='{Laptop}'/></authenticate>");
        Assert.That(await client.ReadSaslAsync(), Does.Contain(what == "HT" ? "<invalid-mechanism" : "<success"));
    }

    [TestCase("SCRAM"), TestCase("HT"), Description("The old profile has no tokens")]
    public async Task The_old_profile_takes_no_token(string _)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync();
        await client.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='HT-SHA-256-NONE'>anVsaWV0AGFiYw==</auth>");
        Assert.That(await client.ReadSaslAsync(), Does.Contain("<invalid-mechanism"));
    }

    [Test, Property("Spec", "FA-1")]
    public async Task A_stale_token_is_replaced_and_the_old_one_lives_until_the_new_one_is_used()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        string old = client.Token!;
        host.Time.Advance(TimeSpan.FromHours(25));
        Assert.That(GivesToken(await client.TokenAsync(old)), Is.True);
        string lost = client.Token!;
        Assert.That(lost, Is.Not.EqualTo(old));

        // The client never got it: the old one still works, and the one that was lost does not any more.
        Assert.That(GivesToken(await client.TokenAsync(old)), Is.True);
        string fresh = client.Token!;
        Assert.That(Outcome(await client.TokenAsync(lost)), Is.EqualTo("not-authorized"));

        Assert.That(GivesToken(await client.TokenAsync(fresh)), Is.False);
        Assert.That(Outcome(await client.TokenAsync(old)), Is.EqualTo("not-authorized"));
        Assert.That(Outcome(await client.TokenAsync(fresh)), Is.EqualTo("success"));
    }

    [Test, Property("Spec", "FA-1")]
    public async Task A_token_that_is_used_ends_one_that_ends_earlier_though_it_was_given_later()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        // As after the administrator has shortened the life of tokens.
        ClientRecord record = (await host.Get<ClientStore>().ListAsync(Juliet)).Single();
        var shorter = new ClientToken(HtMechanism.None, default, HtVerifier.Of("shorter", []), host.Time.GetUtcNow(), record.Next!.Expires.AddDays(-1));
        await host.Get<ClientStore>().ChangeAsync(Juliet, record.Id, before => before! with { Current = before.Next, Next = shorter });
        Assert.That(Outcome(await client.TokenAsync()), Is.EqualTo("success"));
        Assert.That(Outcome(await client.TokenAsync("shorter")), Is.EqualTo("not-authorized"));
    }

    [Test, Property("Spec", "FA-1")]
    public async Task An_expired_token_is_told_to_be_expired_to_who_has_it_and_to_nobody_else()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        host.Time.Advance(TimeSpan.FromDays(21));
        Assert.That(Outcome(await client.TokenAsync()), Is.EqualTo("credentials-expired"));
        Assert.That(Outcome(await client.TokenAsync("another")), Is.EqualTo("not-authorized"));
        Assert.That(GivesToken(await client.PasswordAsync()), Is.True);
        Assert.That(Outcome(await client.TokenAsync()), Is.EqualTo("success"));
    }

    [TestCase("true"), TestCase("1"), Property("Spec", "FA-1")]
    public async Task Invalidating_ends_a_token_at_once(string value)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        host.Time.Advance(TimeSpan.FromHours(25));
        string token = client.Token!;
        Element answer = await client.TokenAsync(attributes: $"invalidate='{value}'");
        Assert.That((Outcome(answer), GivesToken(answer)), Is.EqualTo(("success", false)), "although it was stale");
        Assert.That(Outcome(await client.TokenAsync(token)), Is.EqualTo("credentials-expired"));
    }

    [Test, Property("Spec", "FA-1")]
    public async Task Who_invalidates_and_asks_gets_another()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        string old = client.Token!;
        Assert.That(GivesToken(await client.TokenAsync(attributes: "invalidate='true'", inside: Ask)), Is.True);
        Assert.That(Outcome(await client.TokenAsync(old)), Is.EqualTo("credentials-expired"));
        Assert.That(Outcome(await client.TokenAsync()), Is.EqualTo("success"));
    }

    [Test, Property("Spec", "FA-1")]
    public async Task A_count_that_was_there_before_is_refused()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        Assert.That(Outcome(await client.TokenAsync(attributes: "count='5'")), Is.EqualTo("success"));
        Assert.That(Outcome(await client.TokenAsync(attributes: "count='5'")), Is.EqualTo("credentials-expired"));
        Assert.That(Outcome(await client.TokenAsync(attributes: "count='4'")), Is.EqualTo("credentials-expired"));
        Assert.That(Outcome(await client.TokenAsync(attributes: "count='6'")), Is.EqualTo("success"));
        Assert.That(Outcome(await client.TokenAsync()), Is.EqualTo("success"), "counting is for early data, which is not taken");
        foreach (string bad in new[] { "0", "-1", "x", "", "99999999999" })
            Assert.That(Outcome(await client.TokenAsync(attributes: $"count='{bad}'")), Is.EqualTo("malformed-request"), bad);
    }

    [Test, Property("Spec", "FA-1")]
    public async Task Another_password_ends_every_token()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        Account account = (await host.Accounts.FindAsync(Juliet))!;
        await host.Accounts.ReplaceAsync(account with { Keys = [ScramKeys.Derive(ScramHash.Sha1, "another", new byte[16], 4096)] });
        Assert.That(Outcome(await client.TokenAsync()), Is.EqualTo("credentials-expired"));
    }

    [Test, Property("Spec", "FA-1")]
    public async Task An_account_that_was_deleted_and_made_again_knows_no_token_of_before()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        await host.Get<AccountRemoval>().DeleteAsync(Juliet, default);
        Assert.That(Outcome(await client.TokenAsync()), Is.EqualTo("not-authorized"));
        await host.AddAccountAsync("juliet");
        Assert.That(Outcome(await client.TokenAsync()), Is.EqualTo("not-authorized"));
    }

    [Test, Property("Spec", "A-12")]
    public async Task A_closed_account_is_told_so_with_the_right_token_only()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        await host.Accounts.ReplaceAsync((await host.Accounts.FindAsync(Juliet))! with { Disabled = true });
        Assert.That(Outcome(await client.TokenAsync("wrong")), Is.EqualTo("not-authorized"));
        Assert.That(Outcome(await client.TokenAsync()), Is.EqualTo("account-disabled"));
    }

    [Test, Property("Spec", "A-12"), Property("Spec", "FA-1")]
    public async Task Unknown_accounts_clients_and_tokens_are_answered_alike()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await new FastClient(host).PasswordAsync();
        string wrongToken = (await new FastClient(host).TokenAsync("wrong")).ToString();
        string wrongClient = (await new FastClient(host) { Id = Phone }.TokenAsync("wrong")).ToString();
        string nobody = (await new FastClient(host, "nobody").TokenAsync("wrong")).ToString();
        string noName = (await new FastClient(host, "no body@@").TokenAsync("wrong")).ToString();
        Assert.That(new[] { wrongClient, nobody, noName }, Is.All.EqualTo(wrongToken));
    }

    [Test, Property("Spec", "A-13")]
    public async Task Wrong_tokens_are_throttled_like_wrong_passwords_and_also_for_who_is_at_home()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Limits.AuthFailuresPerMinute = 3);
        FastClient home = await FastClient.WithTokenAsync(host);
        var other = new FastClient(host, "nobody");
        for (int i = 0; i < 3; i++) Assert.That(Outcome(await other.TokenAsync("wrong")), Is.EqualTo("not-authorized"));
        Assert.That(Outcome(await other.TokenAsync("wrong")), Is.EqualTo("temporary-auth-failure"));
        Assert.That(Outcome(await other.PasswordAsync("wrong")), Is.EqualTo("temporary-auth-failure"), "one account of failures for both");
        // Who has been here before pays for his own failures only.
        for (int i = 0; i < 3; i++) Assert.That(Outcome(await home.TokenAsync("wrong")), Is.EqualTo("not-authorized"));
        Assert.That(Outcome(await home.TokenAsync()), Is.EqualTo("temporary-auth-failure"));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(Outcome(await home.TokenAsync()), Is.EqualTo("success"));
    }

    [Test]
    public async Task A_token_does_not_let_anybody_add_keys()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        var nurse = Jid.Parse("nurse@localhost");
        await host.Accounts.AddAsync(new Account(nurse, host.Time.GetUtcNow()) { Keys = [ScramKeys.Derive(ScramHash.Sha1, StreamHost.Password, new byte[16], 4096)] });
        var client = new FastClient(host, "nurse");
        await client.PasswordAsync();
        Element answer = await client.TokenAsync(inside: "<upgrade xmlns='urn:xmpp:sasl:upgrade:0'>UPGR-SCRAM-SHA-256</upgrade>");
        Assert.That(answer.LocalName, Is.EqualTo("success"));
    }

    [Test]
    public async Task A_token_that_is_used_twice_at_once_and_a_session_that_goes_on_with_it()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        const string Bind = "<bind xmlns='urn:xmpp:bind:0'><enable xmlns='urn:xmpp:sm:3' resume='true'/></bind>";
        FastClient client = await FastClient.WithTokenAsync(host);
        string stale = client.Token!;
        // Before there is a session: after a day nobody would resume it any more.
        host.Time.Advance(TimeSpan.FromHours(25));
        Element first = await client.TokenAsync(stale, inside: Bind);
        string id = first.Child("urn:xmpp:bind:0", "bound")!.Child("urn:xmpp:sm:3", "enabled")!["id"]!;
        Element second = await client.TokenAsync(stale, inside: $"{Bind}<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='0'/>");
        Assert.That(JidIn(second), Is.EqualTo(JidIn(first)));
        Assert.That(second.Child("urn:xmpp:sm:3", "resumed"), Is.Not.Null);
        Assert.That(GivesToken(second), Is.True, "it was stale");
        string token = client.Token!;
        Element[] both = await Task.WhenAll(new FastClient(host).TokenAsync(token), new FastClient(host).TokenAsync(token));
        Assert.That(both.Select(Outcome), Is.All.EqualTo("success"));
    }

    [Test]
    public async Task What_the_store_keeps_lets_nobody_in()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        FastClient client = await FastClient.WithTokenAsync(host);
        ClientRecord record = (await host.Get<ClientStore>().ListAsync(Juliet)).Single();
        byte[] bytes = (await host.Accounts.Engine.GetAsync(ClientStore.Collection, Juliet, record.Id))!.Value.ToArray();
        string text = Convert.ToHexString(bytes);
        Assert.That(text, Does.Not.Contain(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(client.Token!))));
        Assert.That(text, Does.Not.Contain(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(Laptop))));
        // Each part of it tried as a proof.
        foreach (byte[] part in new[] { record.Next!.Verifier.Check.ToArray(), record.Next.Verifier.MaskedAnswer.ToArray() })
        {
            TestClient thief = host.Connect();
            await thief.SecureAsync();
            await thief.SendAsync($"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='HT-SHA-256-NONE'><initial-response>{Convert.ToBase64String([.. "juliet\0"u8, .. part])}</initial-response><user-agent id='{Laptop}'/><fast xmlns='urn:xmpp:fast:0'/></authenticate>");
            Assert.That(await thief.ReadSaslAsync(), Does.Contain("<not-authorized"));
        }
    }
}
