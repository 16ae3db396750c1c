using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>Authentication on a live stream (RFC 6120 §6, XEP-0440).</summary>
[CancelAfter(60_000)]
public sealed class SaslTests
{
    private const string Ns = "urn:ietf:params:xml:ns:xmpp-sasl";

    private static string Failure(string condition) => $"<failure xmlns='{Ns}'><{condition}/></failure>";

    private static async Task<TestClient> SecureAsync(StreamHost host)
    {
        TestClient client = host.Connect();
        await client.SecureAsync();
        return client;
    }

    [TestCase("SCRAM-SHA-1"), TestCase("SCRAM-SHA-256"), TestCase("SCRAM-SHA-512"), Property("Spec", "A-04"), Property("Spec", "A-08")]
    public async Task Scram_proves_both_sides(string mechanism)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await SecureAsync(host);
        Assert.That(await client.ScramAsync(mechanism, "juliet", "wrong"), Is.EqualTo(Failure("not-authorized")));
        Assert.That(await client.ScramAsync(mechanism, "juliet", StreamHost.Password), Does.StartWith($"<success xmlns='{Ns}'>"));
    }

    [Test, Property("Spec", "X-03"), Description("go-sendxmpp 0.5 ends every element with a line break, also its last one before the new stream")]
    public async Task A_line_break_behind_the_last_response_does_not_spoil_the_new_stream()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await SecureAsync(host);
        string credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0juliet\0{StreamHost.Password}"));
        await client.SendAsync($"<auth xmlns='{Ns}' mechanism='PLAIN'>{credentials}</auth>\n");
        Assert.That(await client.ReadSaslAsync(), Does.Contain("<success"));
        Assert.That(await client.OpenAsync(), Does.Contain("urn:ietf:params:xml:ns:xmpp-bind"));
    }

    [Test, Property("Spec", "A-01"), Property("Spec", "A-05")]
    public async Task Mechanisms_are_offered_in_the_configured_order_without_PLUS_by_default()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        string features = await client.SecureAsync();
        Assert.That(features, Does.Contain($"<mechanisms xmlns='{Ns}'><mechanism>SCRAM-SHA-512</mechanism><mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms>"));
        Assert.That(features, Does.Not.Contain("sasl-channel-binding"));
    }

    [Test, Property("Spec", "A-04")]
    public async Task With_channel_binding_PLUS_comes_first_and_its_type_is_announced()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Auth.ChannelBinding = true);
        TestClient client = host.Connect();
        string features = await client.SecureAsync();
        Assert.That(features, Does.Contain("<mechanism>SCRAM-SHA-512-PLUS</mechanism><mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>SCRAM-SHA-1-PLUS</mechanism><mechanism>SCRAM-SHA-512</mechanism>"));
        Assert.That(features, Does.Contain("<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-server-end-point'/></sasl-channel-binding>"));
        byte[] certificate = SHA256.HashData(client.ServerCertificate!.RawData);
        Assert.That(await client.ScramAsync("SCRAM-SHA-1-PLUS", "juliet", StreamHost.Password, "p=tls-server-end-point,,", certificate), Does.Contain("<success"));
    }

    [Test, Property("Spec", "A-04")]
    public async Task Another_certificate_than_the_one_bound_to_is_refused_and_throttles_nobody()
    {
        await using StreamHost host = await StreamHost.StartAsync(options =>
        {
            options.Auth.ChannelBinding = true;
            options.Limits.AuthFailuresPerMinute = 1;
        });
        TestClient client = await SecureAsync(host);
        Assert.That(await client.ScramAsync("SCRAM-SHA-1-PLUS", "juliet", StreamHost.Password, "p=tls-server-end-point,,", new byte[32]), Is.EqualTo(Failure("not-authorized")));
        Assert.That(await client.ScramAsync("SCRAM-SHA-256", "juliet", StreamHost.Password, "n,,"), Does.Contain("<success"));
    }

    [Test, Property("Spec", "A-04")]
    public async Task The_flag_y_is_fine_where_PLUS_is_not_offered_and_refused_where_it_is()
    {
        await using StreamHost off = await StreamHost.StartAsync();
        Assert.That(await (await SecureAsync(off)).ScramAsync("SCRAM-SHA-1", "juliet", StreamHost.Password, "y,,"), Does.Contain("<success"));
        await using StreamHost on = await StreamHost.StartAsync(options => options.Auth.ChannelBinding = true);
        Assert.That(await (await SecureAsync(on)).ScramAsync("SCRAM-SHA-1", "juliet", StreamHost.Password, "y,,"), Is.EqualTo(Failure("not-authorized")));
    }

    /// <summary>What slixmpp 1.8.3 and poezio do: each -PLUS with tls-unique, then each SCRAM with y, then PLAIN, on one stream.</summary>
    [Test, Property("Spec", "A-13")]
    public async Task A_client_that_binds_in_another_way_gets_down_its_list()
    {
        await using StreamHost host = await StreamHost.StartAsync(options =>
        {
            options.Auth.ChannelBinding = true;
            options.Limits.AuthFailuresPerMinute = 2;
        });
        TestClient client = await SecureAsync(host);
        foreach (string mechanism in new[] { "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS" })
            Assert.That(await client.ScramAsync(mechanism, "juliet", StreamHost.Password, "p=tls-unique,,", new byte[12]), Is.EqualTo(Failure("not-authorized")));
        foreach (string mechanism in new[] { "SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1" })
            Assert.That(await client.ScramAsync(mechanism, "juliet", StreamHost.Password, "y,,"), Is.EqualTo(Failure("not-authorized")));
        Assert.That(await client.PlainAsync("juliet", StreamHost.Password), Does.Contain("<success"));
    }

    [Test, Property("Spec", "A-13")]
    public async Task Forgiving_a_binding_has_an_end_too()
    {
        await using StreamHost host = await StreamHost.StartAsync(options => options.Auth.ChannelBinding = true);
        TestClient client = await SecureAsync(host);
        for (int i = 0; i < 6; i++) await client.ScramAsync("SCRAM-SHA-1-PLUS", "juliet", StreamHost.Password, "p=tls-unique,,");
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><policy-violation "));
    }

    [Test, Property("Spec", "A-05"), Property("Spec", "A-15")]
    public async Task Plain_works_with_a_name_in_any_spelling_and_with_the_whole_address()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        foreach (string name in new[] { "juliet", "JULIET", "juliet@localhost" })
            Assert.That(await (await SecureAsync(host)).PlainAsync(name, StreamHost.Password), Is.EqualTo($"<success xmlns='{Ns}'/>"));
        Assert.That(await (await SecureAsync(host)).PlainAsync("juliet@elsewhere.example", StreamHost.Password), Is.EqualTo(Failure("not-authorized")));
    }

    [Test, Property("Spec", "A-08")]
    public async Task The_slow_form_without_initial_response_works()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await SecureAsync(host);
        await client.SendAsync($"<auth xmlns='{Ns}' mechanism='PLAIN'/>");
        Assert.That(await client.ReadSaslAsync(), Is.EqualTo($"<challenge xmlns='{Ns}'/>"));
        await client.SendAsync($"<response xmlns='{Ns}'>{TestClient.Base64("\0juliet\0" + StreamHost.Password)}</response>");
        Assert.That(await client.ReadSaslAsync(), Does.Contain("<success"));
    }

    [TestCase("A", "incorrect-encoding"), TestCase("AGp1 bGlldABzZXNhbWU=", "incorrect-encoding"), TestCase("AGp1bGlldABzZXNhbWU", "incorrect-encoding")]
    [TestCase("=AGp1bGlldABzZXNhbWU", "incorrect-encoding"), TestCase("AGp1bGlldABz=ZXNhbWU", "incorrect-encoding"), TestCase("AG*1", "incorrect-encoding"), TestCase("==", "incorrect-encoding")]
    [TestCase("=", "malformed-request"), TestCase("AAAA", "malformed-request"), TestCase("<x xmlns='urn:x'/>", "incorrect-encoding"), Property("Spec", "A-07"), Property("Spec", "A-12")]
    public async Task Data_is_read_strictly(string text, string condition)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await SecureAsync(host);
        await client.SendAsync($"<auth xmlns='{Ns}' mechanism='PLAIN'>{text}</auth>");
        Assert.That(await client.ReadSaslAsync(), Is.EqualTo(Failure(condition)));
    }

    [TestCase("mechanism='NTLM'"), TestCase("mechanism='scram-sha-1'"), TestCase("mechanism='SCRAM-SHA-1-PLUS'"), TestCase(""), Property("Spec", "A-12")]
    public async Task A_mechanism_that_was_not_offered_is_invalid(string attribute)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await SecureAsync(host);
        await client.SendAsync($"<auth xmlns='{Ns}' {attribute}>biws</auth>");
        Assert.That(await client.ReadSaslAsync(), Is.EqualTo(Failure("invalid-mechanism")));
    }

    [Test, Property("Spec", "A-09"), Property("Spec", "A-10")]
    public async Task A_new_auth_drops_the_old_handshake_and_abort_ends_it()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await SecureAsync(host);
        await client.SendAsync($"<auth xmlns='{Ns}' mechanism='SCRAM-SHA-1'>{TestClient.Base64("n,,n=juliet,r=abc")}</auth>");
        Assert.That(await client.ReadSaslAsync(), Does.Contain("<challenge"));
        await client.SendAsync($"<abort xmlns='{Ns}'/>");
        Assert.That(await client.ReadSaslAsync(), Is.EqualTo(Failure("aborted")));
        await client.SendAsync($"<response xmlns='{Ns}'>biws</response>");
        Assert.That(await client.ReadSaslAsync(), Is.EqualTo(Failure("malformed-request")));
        await client.SendAsync($"<auth xmlns='{Ns}' mechanism='SCRAM-SHA-1'>{TestClient.Base64("n,,n=juliet,r=abc")}</auth>");
        Assert.That(await client.ReadSaslAsync(), Does.Contain("<challenge"));
        Assert.That(await client.ScramAsync("SCRAM-SHA-256", "juliet", StreamHost.Password), Does.Contain("<success"));
    }

    [TestCase("juliet@localhost", "success"), TestCase("JULIET@localhost", "success"), TestCase("", "success")]
    [TestCase("romeo@localhost", "invalid-authzid"), TestCase("juliet@localhost/balcony", "invalid-authzid"), TestCase("localhost", "invalid-authzid"), TestCase("@@", "invalid-authzid"), Property("Spec", "A-11")]
    public async Task One_acts_as_oneself_only(string authzid, string expected)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        Assert.That(await (await SecureAsync(host)).PlainAsync("juliet", StreamHost.Password, authzid), Does.Contain("<" + expected));
        string escaped = authzid.Length == 0 ? "n,," : $"n,a={authzid},";
        Assert.That(await (await SecureAsync(host)).ScramAsync("SCRAM-SHA-1", "juliet", StreamHost.Password, escaped), Does.Contain("<" + expected));
    }

    [Test, Property("Spec", "A-13")]
    public async Task Five_failures_end_the_stream_whatever_the_mechanism()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await SecureAsync(host);
        foreach (string mechanism in new[] { "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512" })
            Assert.That(await client.ScramAsync(mechanism, "juliet", "wrong"), Is.EqualTo(Failure("not-authorized")));
        await client.SendAsync($"<abort xmlns='{Ns}'/>");
        await client.ReadSaslAsync();
        Task<string> last = client.PlainAsync("nobody", "wrong");
        Assert.That(await last, Is.EqualTo(Failure("not-authorized")));
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><policy-violation "));
    }

    [Test, Property("Spec", "A-14"), Property("Spec", "S-04"), Property("Spec", "B-01"), Property("Spec", "B-09")]
    public async Task Success_is_followed_by_a_new_stream_with_bind_and_the_old_session()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        string before = await client.SecureAsync();
        await client.PlainAsync("juliet", StreamHost.Password);
        string after = await client.OpenAsync();
        Assert.That(after, Does.StartWith("<?xml version='1.0'?><stream:stream "));
        Assert.That(after[..after.IndexOf("<stream:features>", StringComparison.Ordinal)], Is.Not.EqualTo(before[..before.IndexOf("<stream:features>", StringComparison.Ordinal)]), "a new id");
        Assert.That(after, Does.Contain("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"));
        Assert.That(after, Does.Contain("<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"));
        Assert.That(after, Does.Contain("<ver xmlns='urn:xmpp:features:rosterver'/>"), "a module's feature");
        Assert.That(after, Does.Not.Contain("mechanisms"));
    }

    [Test, Property("Spec", "A-16")]
    public async Task A_header_that_claims_somebody_else_ends_the_stream()
    {
        const string Claim = "<stream:stream from='romeo@localhost' to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = host.Connect();
        await client.SecureAsync(Claim);
        await client.SendAsync($"<auth xmlns='{Ns}' mechanism='PLAIN'>{TestClient.Base64("\0juliet\0" + StreamHost.Password)}</auth>");
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><invalid-from "));

        TestClient later = await SecureAsync(host);
        await later.PlainAsync("juliet", StreamHost.Password);
        await later.SendAsync(Claim);
        Assert.That(await later.ReadToAsync("</stream:stream>"), Does.Contain("<stream:error><invalid-from "));
    }

    [Test, Property("Spec", "A-12")]
    public async Task A_closed_account_learns_it_only_with_the_right_password()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await host.AddAccountAsync("tybalt", disabled: true);
        TestClient client = await SecureAsync(host);
        Assert.That(await client.PlainAsync("tybalt", "wrong"), Is.EqualTo(Failure("not-authorized")));
        Assert.That(await client.PlainAsync("tybalt", StreamHost.Password), Is.EqualTo(Failure("account-disabled")));
        Assert.That(await client.ScramAsync("SCRAM-SHA-1", "tybalt", StreamHost.Password), Is.EqualTo(Failure("account-disabled")));
    }

    [Test, Property("Spec", "A-12")]
    public async Task An_unknown_account_looks_like_a_wrong_password_also_the_second_time()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        string[] challenges = new string[3];
        foreach ((int at, string name) in new[] { (0, "juliet"), (1, "nobody"), (2, "nobody") })
        {
            TestClient client = await SecureAsync(host);
            await client.SendAsync($"<auth xmlns='{Ns}' mechanism='SCRAM-SHA-256'>{TestClient.Base64($"n,,n={name},r=abc")}</auth>");
            string answer = await client.ReadSaslAsync();
            string text = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(answer[(answer.IndexOf('>', StringComparison.Ordinal) + 1)..answer.LastIndexOf('<')]));
            challenges[at] = text[text.IndexOf(",s=", StringComparison.Ordinal)..];
        }
        Assert.That(challenges[1], Is.EqualTo(challenges[2]), "the salt of nobody stays");
        Assert.That(challenges[1], Has.Length.EqualTo(challenges[0].Length));
        Assert.That(challenges[1][challenges[1].IndexOf(",i=", StringComparison.Ordinal)..], Is.EqualTo(challenges[0][challenges[0].IndexOf(",i=", StringComparison.Ordinal)..]));
        TestClient last = await SecureAsync(host);
        Assert.That(await last.ScramAsync("SCRAM-SHA-1", "nobody", StreamHost.Password), Is.EqualTo(await last.ScramAsync("SCRAM-SHA-1", "juliet", "wrong")));
        Assert.That(await last.PlainAsync("nobody", StreamHost.Password), Is.EqualTo(await last.PlainAsync("juliet", "wrong")));
    }

    [Test, Property("Spec", "S-06")]
    public async Task Auth_after_auth_is_not_authorized()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await SecureAsync(host);
        await client.PlainAsync("juliet", StreamHost.Password);
        await client.OpenAsync();
        await client.SendAsync($"<auth xmlns='{Ns}' mechanism='PLAIN'>AAAA</auth>");
        Assert.That(await client.ReadToAsync("</stream:stream>"), Does.StartWith("<stream:error><not-authorized "));
    }

    [Test]
    public async Task A_whole_login_in_one_packet_is_taken_in_order()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        TestClient client = await SecureAsync(host);
        await client.SendAsync($"<auth xmlns='{Ns}' mechanism='PLAIN'>{TestClient.Base64("\0juliet\0" + StreamHost.Password)}</auth>{TestClient.Header}<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq><iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq></stream:stream>");
        string all = await client.ReadToEndAsync();
        int[] order = [.. new[] { "<success", "<stream:features>", "<jid>juliet@localhost/r</jid>", "id='r'", "</stream:stream>" }.Select(text => all.IndexOf(text, StringComparison.Ordinal))];
        Assert.That(order, Is.Ordered.Ascending.And.All.GreaterThanOrEqualTo(0), all);
    }

    [Test]
    public async Task The_address_of_a_login_is_remembered()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        await (await SecureAsync(host)).PlainAsync("juliet", StreamHost.Password);
        Jid juliet = Jid.Parse("juliet@localhost");
        // Written behind the login's back; a durable write of our own afterwards means that it is there.
        await host.AddAccountAsync("barrier");
        Assert.That(await host.Accounts.HasLoggedInFromAsync(juliet, "192.0.2.1"), Is.True);
        Assert.That(await host.Accounts.HasLoggedInFromAsync(juliet, "192.0.2.2"), Is.False);
    }
}
