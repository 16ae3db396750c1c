using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Delivery;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Delivery;

/// <summary>What the server promises holds with rules as without: nothing lost (D4), strangers learn nothing (D6), answers never loop.</summary>
public sealed class DeliveryPromisesTests : DeliveryFixture
{
    private const string Carbons = "<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>";

    // What a stranger can send that is told apart where something leaks, with the recipient on and off.
    private static readonly string[] Probes =
    [
        "<message to='{0}' type='chat' id='1'><body>a</body></message>", "<message to='{0}' id='2'><body>a</body></message>", "<message to='{0}' type='headline' id='3'><body>a</body></message>",
        "<message to='{0}' type='groupchat' id='4'><body>a</body></message>", "<message to='{0}' type='error' id='5'><body>a</body></message>",
        "<message to='{0}/none' type='chat' id='6'><body>a</body></message>", "<message to='{0}/none' id='7'><body>a</body></message>", "<message to='{0}/none' type='headline' id='8'><body>a</body></message>",
        "<message to='{0}/none' type='groupchat' id='9'><body>a</body></message>", "<message to='{0}' type='chat' id='10'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
        "<message to='{0}' type='chat' id='11'><body>a</body><no-store xmlns='urn:xmpp:hints'/></message>", "<message to='{0}' type='chat' id='12'><body>a</body><request xmlns='urn:xmpp:receipts'/></message>",
        "<presence to='{0}' type='subscribe' id='13'/>", "<presence to='{0}' type='subscribe' id='14'/>",
        "<message to='{0}' id='16'><x xmlns='jabber:x:conference' jid='r@rooms.example'/></message>", "<presence to='{0}' type='probe' id='17'/>",
    ];

    private static readonly string[] Actions =
    [
        "<keep/>", "<fileinto box='junk'/>", "<flag name='x'/>", "<quiet/>", "<deliver-to resource='phone'/>", "<reject>No.</reject>", "<reject condition='gone'/>", "<discard/>",
        "<reply>Away.</reply>", "<redirect jid='nurse@localhost'/>", "<redirect jid='nurse@localhost' copy='false'/>", "<report/>", "<keep/><reply>Away.</reply><redirect jid='nurse@localhost'/><report/>",
    ];

    [Test, Property("Spec", "D-08")]
    public async Task A_stranger_sees_the_same_of_rules_as_of_nobody([ValueSource(nameof(Actions))] string rule, [Values] bool isOnline, [Values] bool isLocal)
    {
        await SetAsync(Rule(rule));
        if (isOnline)
            await LoginAsync("juliet@localhost/balcony");
        string her = await TranscriptAsync(Juliet, isLocal), nobodys = await TranscriptAsync("nobody@localhost", isLocal);
        Assert.That(her, Is.EqualTo(nobodys).And.Contain("service-unavailable"));
    }

    [Test, Property("Spec", "D-08,DR-7")]
    public async Task A_stranger_sees_the_same_of_a_demand_as_of_nobody([Values] bool isOnline)
    {
        await SetAsync("<demand auth='certificate'/>");
        if (isOnline)
            await LoginAsync("juliet@localhost/balcony");
        string her = await TranscriptAsync(Juliet, isLocal: false), nobodys = await TranscriptAsync("nobody@localhost", isLocal: false);
        Assert.That(her, Is.EqualTo(nobodys));
    }

    [Test, Property("Spec", "DR-7")]
    public async Task Who_is_less_sure_than_the_inbox_demands_gets_nowhere_and_a_contact_is_told_why()
    {
        await SetAsync("<demand auth='certificate'/>");
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>x</body></message><presence from='{Tybalt}' to='{Juliet}' type='subscribe'/>");
        await juliet.ExpectNothingAsync();
        Remote.ExpectNothing();
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        await romeo.SendAsync($"<message to='{Juliet}' type='chat' id='m1'><body>x</body></message>");
        await juliet.ExpectAsync("<message id='m1'/>");
        // One who has her presence knows of her.
        await juliet.SendAsync($"<presence to='{Tybalt}' type='subscribe'/><presence to='{Tybalt}' type='subscribed'/>");
        await SetAsync("");
        await Remote.SendAsync($"<presence from='{Tybalt}' to='{Juliet}' type='subscribe'/>");
        await juliet.SendAsync($"<presence to='{Tybalt}' type='subscribed'/>");
        await SetAsync("<demand auth='certificate'/>");
        Remote.Drain();
        await juliet.DrainAsync();
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='m2'><body>x</body></message>");
        Remote.Expect($"<message from='{Juliet}' to='{Street}' type='error' id='m2'><error type='auth'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
        await juliet.ExpectNothingAsync();
    }

    [Test]
    public async Task What_a_rule_hides_is_copied_to_nobody_and_comes_when_it_is_to_come()
    {
        await SetAsync(Rule("<body contains='file'/><fileinto box='junk'/>", "a") + Rule("<body contains='quiet'/><quiet/>", "b") + Rule("<body contains='one'/><deliver-to resource='balcony'/>", "c"));
        TestClient balcony = await LoginAsync("juliet@localhost/balcony"), chamber = await LoginAsync("juliet@localhost/chamber");
        await balcony.DrainAsync();
        await balcony.AskAsync(Carbons);
        await chamber.AskAsync(Carbons);
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        foreach (string to in new[] { Juliet, "juliet@localhost/chamber" })
        {
            foreach (string word in new[] { "file", "quiet", "one" })
                await romeo.SendAsync($"<message to='{to}' type='chat' id='{word}'><body>{word}</body></message>");
        }
        await balcony.ExpectAsync("<message id='one'/>");
        await balcony.ExpectAsync("<message id='one'/>");
        await balcony.ExpectNothingAsync();
        await chamber.ExpectNothingAsync();
        // Whoever leaves: those who were there when it came stay undisturbed.
        await balcony.DisconnectAsync();
        await chamber.ExpectAsync("<presence type='unavailable'/>");
        await chamber.ExpectNothingAsync();
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        Assert.That((await later.DrainAsync()).Where(static stanza => stanza.LocalName == "message").Select(static stanza => (stanza["id"], stanza.Child(Namespaces.Delay, "delay") is not null)),
            Is.EqualTo(new[] { ("quiet", true), ("quiet", true) }));
        await later.ExpectNothingAsync();
    }

    [Test]
    public async Task What_asks_not_to_be_stored_is_not_lost_where_a_rule_hides_it([Values("quiet", "fileinto box='junk'")] string action)
    {
        await SetAsync(Rule($"<{action}/>"));
        TestClient juliet = await LoginAsync("juliet@localhost/balcony"), romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        await romeo.SendAsync(
            $"<message to='{Juliet}' type='chat' id='1'><body>x</body><no-store xmlns='urn:xmpp:hints'/></message>"
            + $"<message to='{Juliet}' type='chat' id='2'><composing xmlns='http://jabber.org/protocol/chatstates'/></message><message to='{Juliet}' type='headline' id='3'><body>x</body></message>");
        await juliet.ExpectNothingAsync();
        await romeo.ExpectNothingAsync();
        Assert.That((await LogAsync(Juliet)).Select(static entry => (entry.Box, entry.Undelivered)), Is.EqualTo(new[] { action == "quiet" ? ("passing", true) : ("junk", false) }));
        Assert.That(await LogAsync(Romeo), Is.Empty, "what its sender does not want stored is not stored for him");
    }

    [Test]
    public async Task A_filed_message_survives_a_crash_in_its_box_and_waits_for_nobody()
    {
        await SetAsync(Rule("<fileinto box='junk'/>"));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='1'><body>x</body></message>");
        await LogAsync(Juliet);
        await Server.CrashAsync();
        Assert.That((await LogAsync(Juliet)).Select(static entry => (entry.Box, entry.Undelivered)), Is.EqualTo(new[] { ("junk", false) }));
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await juliet.ExpectNothingAsync();
    }

    [Test]
    public async Task What_is_filed_is_read_where_its_box_is_asked_for()
    {
        await SetAsync(Rule("<body contains='http'/><fileinto box='junk'/>"));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='1'><body>http://x.example</body></message><message from='{Street}' to='{Juliet}' type='chat' id='2'><body>x</body></message>");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        async Task<string[]> AskAsync(string field)
        {
            await juliet.SendAsync($"<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>{field}</x></query></iq>");
            return [.. (await juliet.DrainAsync()).Where(static stanza => stanza.LocalName == "message")
                .Select(static stanza => stanza.Child("urn:xmpp:mam:2", "result")!.Children.Single().Child(Namespaces.Client, "message")!["id"]!)];
        }
        Assert.That(await AskAsync(""), Is.EqualTo(new[] { "2" }));
        Assert.That(await AskAsync("<field var='{urn:x-presencexml:inbox:0}box'><value>junk</value></field>"), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public async Task What_the_inbox_cannot_take_is_refused_as_ever([Values("<discard/>", "<fileinto box='junk'/>", "<quiet/>")] string action)
    {
        await SetAsync(Rule(action));
        Engine.FailsCommits = true;
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='1'><body>x</body></message>");
        await Server.Engine.Commit(new Storage.StorageBatch()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Remote.Drain();
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='2'><body>x</body></message>");
        Engine.FailsCommits = false;
        Assert.That(Remote.Drain().Select(static stanza => stanza["type"]), Is.SubsetOf(new[] { "error" }));
    }

    [Test]
    public async Task A_flag_is_the_recipients_alone_and_cannot_be_forged()
    {
        await SetAsync(Rule("<body contains='x'/><flag name='work'/>"));
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard"), phone = await Server.ConnectAsync("romeo@localhost/phone");
        await phone.AskAsync(Carbons);
        await romeo.SendAsync($"<message to='{Juliet}' type='chat' id='1'><body>x</body><flag xmlns='{Ns}' by='{Juliet}' name='forged'/></message><message to='{Juliet}' type='chat' id='2'><body>y</body><flag xmlns='{Ns}' by='{Juliet}' name='forged'/><flag xmlns='{Ns}' by='{Romeo}' name='his'/></message>");
        Element first = await juliet.ExpectAsync("<message id='1'/>"), second = await juliet.ExpectAsync("<message id='2'/>");
        Assert.That(first.Children.Where(static child => child.LocalName == "flag").Select(static flag => flag["name"]), Is.EqualTo(new[] { "work" }));
        Assert.That(second.Children.Where(static child => child.LocalName == "flag").Select(static flag => flag["name"]), Is.EqualTo(new[] { "his" }));
        Assert.That((await phone.DrainAsync()).Select(static stanza => stanza.ToString()), Has.Exactly(2).Items.And.None.Contains("work"));
    }

    [Test]
    public async Task Each_sender_is_answered_once_in_its_time_also_over_a_restart()
    {
        await SetAsync(Rule("<reply every='P1D' disclose='true'>Back on Monday.</reply>", "away"));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='1'><body>x</body><thread>t</thread></message>");
        await IdleAsync();
        Remote.Expect($"<message from='{Juliet}' to='{Street}' type='chat'><body>Back on Monday.</body><thread>t</thread><auto-reply xmlns='{Ns}'/><no-store xmlns='urn:xmpp:hints'/></message>");
        await Remote.SendAsync($"<message from='{Tybalt}/other' to='{Juliet}' type='chat' id='2'><body>x</body></message><message from='mercutio@elsewhere.example' to='{Juliet}' id='3'><body>x</body></message>");
        await IdleAsync();
        Remote.Expect("<message to='mercutio@elsewhere.example' type=''/>");
        Remote.ExpectNothing();
        await Server.Engine.Commit(new Storage.StorageBatch());
        await Server.CrashAsync();
        StandElsewhere();
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='4'><body>x</body></message>");
        await IdleAsync();
        Remote.ExpectNothing();
        Server.Clock.Advance(TimeSpan.FromDays(1));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='5'><body>x</body></message>");
        await IdleAsync();
        Remote.Expect("<message type='chat'/>");
    }

    [Test]
    public async Task Two_that_answer_each_other_say_one_word()
    {
        await SetAsync(Rule("<reply every='PT1S' disclose='true'>I am away.</reply>"));
        await SetAsync(Rule("<reply every='PT1S' disclose='true'>So am I.</reply>"), Romeo);
        TestClient romeo = await LoginAsync("romeo@localhost/orchard"), juliet = await LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync($"<message to='{Juliet}' type='chat'><body>x</body></message>");
        await IdleAsync();
        await IdleAsync();
        await juliet.ExpectAsync("<message><body>x</body></message>");
        await romeo.ExpectAsync("<message type='chat'><body>I am away.</body></message>");
        await romeo.ExpectNothingAsync();
        await juliet.ExpectNothingAsync();
    }

    [Test]
    public async Task What_is_sent_on_ends_after_three_and_never_goes_round()
    {
        string[] chain = ["a@localhost", "b@localhost", "c@localhost", "d@localhost", "e@localhost"];
        await Server.AddAccountsAsync(chain);
        for (int i = 0; i < chain.Length; i++)
        {
            string next = chain[(i + 1) % chain.Length];
            await Server.SubscribeAsync(next, chain[i]);
            await SetAsync(Rule($"<redirect jid='{next}'/>"), chain[i]);
        }
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        await romeo.SendAsync($"<message to='a@localhost' type='chat'><body>x</body></message>");
        for (int i = 0; i < 10; i++)
            await IdleAsync();
        int[] counts = new int[chain.Length];
        for (int i = 0; i < chain.Length; i++)
            counts[i] = (await LogAsync(chain[i])).Length;
        Assert.That(counts, Is.EqualTo(new[] { 1, 1, 1, 1, 0 }));
    }

    [Test]
    public async Task Two_that_send_on_to_each_other_do_so_once()
    {
        await Server.BefriendAsync(Juliet, "nurse@localhost");
        await SetAsync(Rule("<redirect jid='nurse@localhost'/>"));
        await SetAsync(Rule("<redirect jid='juliet@localhost'/>"), "nurse@localhost");
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>x</body></message>");
        for (int i = 0; i < 5; i++)
            await IdleAsync();
        Assert.That((await LogAsync(Juliet)).Length, Is.EqualTo(1));
        Assert.That((await LogAsync("nurse@localhost")).Length, Is.EqualTo(1));
    }

    [Test]
    public async Task What_one_writes_to_oneself_and_errors_pass_the_rules_by()
    {
        await SetAsync(Rule("<discard/>"));
        TestClient balcony = await LoginAsync("juliet@localhost/balcony"), chamber = await LoginAsync("juliet@localhost/chamber");
        await balcony.DrainAsync();
        await chamber.SendAsync("<message to='juliet@localhost/balcony' type='chat' id='1'><body>x</body></message>");
        await balcony.ExpectAsync("<message id='1'/>");
        await Remote.SendAsync($"<message from='{Street}' to='juliet@localhost/balcony' type='error' id='2'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
        await balcony.ExpectAsync("<message id='2' type='error'/>");
    }

    [Test]
    public async Task Too_many_within_a_time_are_filed_and_the_next_day_begins_anew()
    {
        await SetAsync(Rule("<rate over='3' per='PT1M'/><fileinto box='junk'/>"));
        for (int i = 0; i < 5; i++)
            await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='{i}'><body>x</body></message>");
        Server.Clock.Advance(TimeSpan.FromDays(1));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat' id='9'><body>x</body></message>");
        Assert.That((await LogAsync(Juliet)).Select(static entry => entry.Box), Is.EqualTo(new[] { "", "", "", "junk", "junk", "" }));
    }

    [Test]
    public async Task Whom_one_wrote_to_is_no_stranger_any_more_also_after_a_crash()
    {
        await SetAsync(Rule("<from stranger='true'/><fileinto box='junk'/>"));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>x</body></message>");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync($"<message to='{Street}' type='chat'><body>Who are you?</body></message>");
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>x</body></message>");
        await LogAsync(Juliet);
        await Server.CrashAsync();
        StandElsewhere();
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>x</body></message>");
        Assert.That((await LogAsync(Juliet)).Where(static entry => !entry.Outgoing).Select(static entry => entry.Box), Is.EqualTo(new[] { "junk", "", "" }));
    }

    [Test]
    public async Task The_first_word_of_a_stranger_is_told_from_the_second()
    {
        await SetAsync(Rule("<from first='true'/><fileinto box='junk'/>"));
        for (int i = 0; i < 2; i++)
            await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>x</body></message>");
        Assert.That((await LogAsync(Juliet)).Select(static entry => entry.Box), Is.EqualTo(new[] { "junk", "" }));
    }

    // The rules of accounts that have none.
    [TestCase(DomainProof.Dialback, "See https://x.example", "junk")]
    [TestCase(DomainProof.Dialback, "Good e'en", "")]
    [TestCase(DomainProof.Certificate, "See https://x.example", "")]
    public async Task By_default_links_of_strangers_nobody_vouches_for_are_filed(DomainProof proof, string body, string box)
    {
        var origin = new Server.Routing.RemoteOrigin(proof);
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>{body}</body></message>", origin);
        Assert.That((await LogAsync(Juliet)).Single().Box, Is.EqualTo(box));
        Remote.ExpectNothing();
    }

    [Test]
    public async Task By_default_contacts_and_the_own_server_write_what_they_like_and_own_rules_replace_it()
    {
        await BefriendAsync(Juliet);
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>http://x.example</body></message>");
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        await romeo.SendAsync($"<message to='{Juliet}' type='chat'><body>http://x.example</body></message>");
        await SetAsync("");
        await Remote.SendAsync($"<message from='mercutio@elsewhere.example' to='{Juliet}' type='chat'><body>http://x.example</body></message>");
        await SetAsync("<default/>");
        await Remote.SendAsync($"<message from='mercutio@elsewhere.example' to='{Juliet}' type='chat'><body>http://x.example</body></message>");
        Assert.That((await LogAsync(Juliet)).Select(static entry => entry.Box), Is.EqualTo(new[] { "", "", "", "junk" }));
    }

    [TestCase("")]
    [TestCase("<rule name='a' off='true'><discard/></rule>")]
    [TestCase("<rule name='a'><auth below='certificate'/><body contains='x'/><fileinto box='junk'/></rule><demand auth='dialback'/>")]
    [TestCase("<default/>")]
    public async Task Rules_that_are_not_there_or_not_about_a_sender_cost_no_memory(string rules)
    {
        await SetAsync(rules);
        TestClient juliet = await LoginAsync("juliet@localhost/balcony");
        DeliveryRules delivery = Server.Get<DeliveryRules>();
        var message = new Message { Type = MessageType.Chat, From = Jid.Parse("romeo@localhost/orchard"), To = Jid.Parse(Juliet), Content = StanzaContent.Of(new Element(Namespaces.Client, "body", "x")) };
        long Spend()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            lock (juliet.Session.Presentity.Gate)
            {
                for (int i = 0; i < 1000; i++)
                {
                    if (!ReferenceEquals(delivery.Decide(juliet.Session.Presentity, message, Strength.Local), DeliveryOutcome.Kept))
                        throw new InvalidOperationException("A rule held.");
                }
            }
            for (int i = 0; i < 1000; i++)
                delivery.Written(juliet.Session.Presentity, message.From!);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Spend();
        Assert.That(Spend(), Is.Zero);
    }

    private async Task<string> TranscriptAsync(string account, bool isLocal)
    {
        string who = account == Juliet ? "spy1@localhost" : "spy2@localhost";
        TestClient? spy = null;
        if (isLocal)
        {
            await Server.AddAccountsAsync(who);
            spy = await LoginAsync(who + "/x");
            await spy.DrainAsync();
        }
        var lines = new List<string>();
        foreach (string probe in Probes)
        {
            string xml = string.Format(System.Globalization.CultureInfo.InvariantCulture, probe, account);
            if (spy is not null)
                await spy.SendAsync(xml);
            else
                await Remote.SendAsync(xml.Insert(xml.IndexOf(' ', StringComparison.Ordinal), $" from='{(xml.StartsWith("<presence", StringComparison.Ordinal) ? Tybalt : Street)}'"));
            await IdleAsync();
            foreach (Element stanza in spy is not null ? await spy.DrainAsync() : Remote.Drain())
                lines.Add((stanza.LocalName == "iq" ? stanza.With("id", null) : stanza).ToString().Replace(account, "X", StringComparison.Ordinal).Replace(who, "me", StringComparison.Ordinal));
        }
        return string.Join('\n', lines);
    }
}
