using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Rules;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>XEP-0280 1.0.1: which messages the other resources see, how, and in what order.</summary>
[Property("Spec", "XEP-0280")]
public sealed class CarbonTests : FaultyFixture
{
    private const string Body = "<body>x</body>";
    private const string RoomUser = "<x xmlns='http://jabber.org/protocol/muc#user'/>";
    private const string Invitation = "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/></x>";
    private TestClient romeo = null!;
    private TestClient juliet = null!;
    private TestClient tablet = null!;


    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        juliet = await Server.LoginAsync("juliet@localhost/balcony");
        // Takes no message to the bare address, so that whatever it sees is a copy.
        tablet = await WithCarbonsAsync("juliet@localhost/tablet", "<presence><priority>-1</priority></presence>");
        await juliet.DrainAsync();
    }

    [Test]
    public async Task What_is_received_by_one_resource_is_seen_by_the_others_with_the_same_id()
    {
        TestClient phone = await Server.ConnectAsync("juliet@localhost/phone");
        await CarbonsAsync(phone, "enable");
        TestClient plain = await Server.LoginAsync("juliet@localhost/plain");
        await juliet.DrainAsync();
        await tablet.DrainAsync();
        await romeo.SendAsync("<message to='juliet@localhost/balcony' type='chat' id='m1'><body>What man art thou</body></message>");
        Element own = await juliet.ExpectAsync("<message from='romeo@localhost/orchard' to='juliet@localhost/balcony' type='chat' id='m1'><body>What man art thou</body></message>");
        foreach (TestClient other in new[] { tablet, phone })
        {
            Element copy = await ExpectAsync(other, "received", "<message from='romeo@localhost/orchard' to='juliet@localhost/balcony' type='chat' id='m1'><body>What man art thou</body></message>");
            Assert.That(IdOf(copy, Play.Juliet), Is.EqualTo(IdOf(own, Play.Juliet)).And.Not.Null);
            await other.ExpectNothingAsync();
        }
        foreach (TestClient other in new[] { juliet, plain, romeo })
            await other.ExpectNothingAsync();
    }

    [Test]
    public async Task What_one_resource_sends_is_seen_by_the_others_with_the_id_of_their_log()
    {
        TestClient phone = await WithCarbonsAsync("romeo@localhost/phone");
        TestClient plain = await Server.LoginAsync("romeo@localhost/plain");
        await CarbonsAsync(romeo, "enable");
        await phone.DrainAsync();
        await romeo.DrainAsync();
        await romeo.SendAsync("<message to='juliet@localhost' type='chat' id='m1'><body>Neither</body><stanza-id xmlns='urn:xmpp:sid:0' by='romeo@localhost' id='forged'/></message>");
        Element copy = await ExpectAsync(phone, "sent", "<message from='romeo@localhost/orchard' to='juliet@localhost' type='chat' id='m1'><body>Neither</body></message>");
        await romeo.ExpectNothingAsync();
        await plain.ExpectNothingAsync();
        LogEntry entry = (await Server.Get<InboxStore>().ReadAsync(Jid.Parse(Play.Romeo), new LogQuery())).Single();
        Assert.That(IdOf(copy, Play.Romeo), Is.EqualTo(Server.Get<InboxStore>().StanzaId(Jid.Parse(Play.Romeo), entry.Sequence)));
    }

    [Test]
    public async Task Whoever_gets_the_message_itself_gets_no_copy()
    {
        TestClient phone = await WithCarbonsAsync("juliet@localhost/phone");
        await CarbonsAsync(juliet, "enable");
        await juliet.DrainAsync();
        await tablet.DrainAsync();
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='bare'>{Body}</message>");
        await juliet.ExpectAsync("<message id='bare'/>");
        await phone.ExpectAsync("<message id='bare'/>");
        await ExpectAsync(tablet, "received", "<message id='bare'/>");
        await romeo.SendAsync($"<message to='juliet@localhost/balcony' type='chat' id='full'>{Body}</message>");
        await juliet.ExpectAsync("<message id='full'/>");
        await ExpectAsync(phone, "received", "<message id='full'/>");
        await ExpectAsync(tablet, "received", "<message id='full'/>");
        foreach (TestClient client in new[] { juliet, phone, tablet, romeo })
            await client.ExpectNothingAsync();
    }

    [TestCase("chat", Body, true)]
    [TestCase("chat", "", true)]
    [TestCase("chat", "<encrypted xmlns='urn:xmpp:omemo:2'/>", true)]
    [TestCase("normal", Body, true)]
    [TestCase("unheard-of", Body, true)]
    [TestCase("normal", "<subject>s</subject>", false)]
    [TestCase("normal", "<received xmlns='urn:xmpp:receipts' id='x'/>", true)]
    [TestCase("normal", "<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>", true)]
    [TestCase("normal", "<composing xmlns='http://jabber.org/protocol/chatstates'/>", true)]
    [TestCase("headline", Body, false)]
    [TestCase("headline", "<received xmlns='urn:xmpp:receipts' id='x'/>", true)]
    [TestCase("groupchat", Body, false)]
    [TestCase("groupchat", "<received xmlns='urn:xmpp:receipts' id='x'/>", false)]
    [TestCase("normal", "<x xmlns='jabber:x:conference' jid='room@muc'/>", true)]
    [TestCase("normal", Invitation, true)]
    [TestCase("normal", RoomUser, false)]
    [TestCase("chat", Body + "<private xmlns='urn:xmpp:carbons:2'/>", false)]
    [TestCase("chat", Body + "<no-copy xmlns='urn:xmpp:hints'/>", false)]
    [TestCase("normal", "<x xmlns='jabber:x:conference' jid='room@muc'/><private xmlns='urn:xmpp:carbons:2'/>", false)]
    [TestCase("chat", Body + "<no-store xmlns='urn:xmpp:hints'/>", true)]
    [TestCase("chat", Body + "<no-permanent-store xmlns='urn:xmpp:hints'/>", true)]
    [TestCase("chat", "<private xmlns='urn:x:other'/>" + Body, true)]
    public async Task What_is_eligible(string type, string content, bool isEligible)
    {
        TestClient phone = await WithCarbonsAsync("romeo@localhost/phone");
        await romeo.DrainAsync();
        string message = $"<message to='juliet@localhost/balcony' type='{type}' id='m'>{content}</message>";
        await romeo.SendAsync(message);
        await juliet.ExpectAsync(message);
        if (isEligible)
        {
            await ExpectAsync(tablet, "received", message, type);
            await ExpectAsync(phone, "sent", message, type);
        }
        foreach (TestClient client in new[] { juliet, tablet, phone, romeo })
            await client.ExpectNothingAsync();
    }

    [Test]
    public async Task A_copy_of_what_lies_in_no_log_has_no_id()
    {
        TestClient phone = await WithCarbonsAsync("romeo@localhost/phone");
        await romeo.DrainAsync();
        await romeo.SendAsync($"<message to='juliet@localhost/balcony' type='chat' id='m'>{Body}<no-permanent-store xmlns='urn:xmpp:hints'/></message>");
        Assert.That(IdOf(await ExpectAsync(phone, "sent", "<message id='m'/>"), Play.Romeo), Is.Null, "the sender's log has it not");
        Assert.That(IdOf(await ExpectAsync(tablet, "received", "<message id='m'/>"), Play.Juliet), Is.Not.Null);
        await romeo.SendAsync($"<message to='juliet@localhost/balcony' type='chat' id='n'>{Body}<no-store xmlns='urn:xmpp:hints'/></message>");
        Assert.That(IdOf(await ExpectAsync(phone, "sent", "<message id='n'/>"), Play.Romeo), Is.Null);
        Assert.That(IdOf(await ExpectAsync(tablet, "received", "<message id='n'/>"), Play.Juliet), Is.Null);
    }

    [Test]
    public async Task A_private_message_of_a_rooms_occupant_is_not_copied_but_an_answer_to_it_is_to_those_who_are_in_the_room_as_the_same()
    {
        // The room is played by an account.
        await Server.AddAccountsAsync("room@localhost");
        TestClient other = await Server.LoginAsync("room@localhost/other");
        TestClient joined = await WithCarbonsAsync("juliet@localhost/joined", "<presence><priority>-1</priority></presence>");
        TestClient otherwise = await WithCarbonsAsync("juliet@localhost/otherwise", "<presence><priority>-1</priority></presence>");
        await juliet.SendAsync("<presence to='room@localhost/capulet'/>");
        await joined.SendAsync("<presence to='room@localhost/capulet'/>");
        await otherwise.SendAsync("<presence to='room@localhost/nurse'/>");
        foreach (TestClient client in new[] { juliet, joined, otherwise, tablet })
            await client.DrainAsync();
        await other.SendAsync($"<message to='juliet@localhost/balcony' type='chat' id='pm'>{Body}{RoomUser}</message>");
        await juliet.ExpectAsync("<message id='pm'/>");
        foreach (TestClient client in new[] { tablet, joined, otherwise })
            await client.ExpectNothingAsync();
        await juliet.SendAsync($"<message to='room@localhost/other' type='chat' id='re'>{Body}{RoomUser}</message>");
        await ExpectAsync(joined, "sent", "<message id='re'/>");
        foreach (TestClient client in new[] { tablet, joined, otherwise })
            await client.ExpectNothingAsync();
    }

    [Test]
    public async Task What_came_from_the_room_itself_is_copied()
    {
        var message = new Message { From = Jid.Parse("room@muc.example"), To = juliet.Address, Type = MessageType.Chat, Id = "m", Content = StanzaContent.Of(Xml.Parse(RoomUser)) };
        Server.Get<MessageDelivery>().Deliver(juliet.Session.Presentity, null, message, Strength.Dialback, out _);
        await ExpectAsync(tablet, "received", "<message id='m' from='room@muc.example'/>");
        Server.Get<MessageDelivery>().Deliver(juliet.Session.Presentity, null, message with { From = Jid.Parse("room@muc.example/nick") }, Strength.Dialback, out _);
        await tablet.ExpectNothingAsync();
    }

    [Test]
    public async Task An_error_in_answer_to_what_was_copied_is_copied_and_no_other()
    {
        TestClient phone = await WithCarbonsAsync("romeo@localhost/phone");
        await romeo.DrainAsync();
        await romeo.SendAsync($"<message to='juliet@localhost/balcony' type='chat' id='copied'>{Body}</message>");
        await romeo.SendAsync($"<message to='juliet@localhost/balcony' type='chat' id='private'>{Body}<private xmlns='urn:xmpp:carbons:2'/></message>");
        await phone.DrainAsync();
        await tablet.DrainAsync();
        const string Error = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
        await juliet.SendAsync($"<message to='romeo@localhost/orchard' type='error' id='copied'>{Error}</message>");
        await romeo.ExpectAsync("<message type='error' id='copied'/>");
        await ExpectAsync(phone, "received", "<message type='error' id='copied' from='juliet@localhost/balcony'/>", "error");
        await ExpectAsync(tablet, "sent", "<message type='error' id='copied' to='romeo@localhost/orchard'/>", "error");
        await juliet.SendAsync($"<message to='romeo@localhost/orchard' type='error' id='private'>{Error}</message>");
        await romeo.ExpectAsync("<message type='error' id='private'/>");
        await juliet.SendAsync($"<message to='romeo@localhost/orchard' type='error' id='never'>{Error}{Body}</message>");
        await romeo.ExpectAsync("<message type='error' id='never'/>");
        foreach (TestClient client in new[] { phone, tablet })
            await client.ExpectNothingAsync();
        // Whom it was for has gone; the others learn it all the same.
        await romeo.DisconnectAsync();
        await phone.DrainAsync();
        await juliet.SendAsync($"<message to='romeo@localhost/orchard' type='error' id='copied'>{Error}</message>");
        await ExpectAsync(phone, "received", "<message type='error' id='copied'/>", "error");
    }

    [TestCase("juliet@localhost/gone", "normal", "service-unavailable")]
    [TestCase("nobody@localhost/gone", "normal", "service-unavailable")]
    [TestCase("nobody@elsewhere.example", "chat", "remote-server-not-found")]
    [TestCase("localhost", "chat", "service-unavailable")]
    public async Task What_is_refused_is_seen_with_its_error(string to, string type, string condition)
    {
        TestClient phone = await WithCarbonsAsync("romeo@localhost/phone");
        await romeo.DrainAsync();
        await romeo.SendAsync($"<message to='{to}' type='{type}' id='m'>{Body}</message>");
        await romeo.ExpectAsync($"<message from='{to}' type='error' id='m'/>");
        Element copy = await ExpectAsync(phone, "sent", $"<message to='{to}' id='m'/>", type);
        Assert.That(IdOf(copy, Play.Romeo), Is.Null);
        await ExpectAsync(phone, "received", $"<message from='{to}' to='romeo@localhost/orchard' type='error' id='m'><error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>", "error");
        await phone.ExpectNothingAsync();
        await tablet.ExpectNothingAsync();
    }

    [Test]
    public async Task What_the_senders_own_rules_stop_was_never_sent()
    {
        TestClient phone = await WithCarbonsAsync("romeo@localhost/phone");
        await romeo.SendAsync("<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='juliet@localhost'/></block></iq>");
        await romeo.DrainAsync();
        await phone.DrainAsync();
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='m'>{Body}</message>");
        await romeo.ExpectAsync("<message type='error' id='m'/>");
        await phone.ExpectNothingAsync();
    }

    [Test, Property("Spec", "D6")]
    public async Task The_senders_other_resources_and_his_log_do_not_tell_who_exists_or_has_blocked_him()
    {
        TestClient phone = await WithCarbonsAsync("romeo@localhost/phone");
        await Server.AddAccountsAsync("off@localhost");
        await juliet.SendAsync("<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='romeo@localhost'/></block></iq>");
        await juliet.DrainAsync();
        await romeo.DrainAsync();
        foreach (string account in new[] { "off@localhost", "nobody@localhost", Play.Juliet })
        {
            foreach ((string to, string type) in new[] { (account, "chat"), (account, "normal"), (account + "/there", "chat") })
            {
                await romeo.SendAsync($"<message to='{to}' type='{type}' id='m'>{Body}</message>");
                await romeo.ExpectNothingAsync();
                Element copy = await ExpectAsync(phone, "sent", $"<message to='{to}' id='m'/>", type);
                LogEntry entry = (await Server.Get<InboxStore>().ReadAsync(Jid.Parse(Play.Romeo), new LogQuery { Backwards = true, Limit = 1 })).Single();
                Assert.That(IdOf(copy, Play.Romeo), Is.EqualTo(Server.Get<InboxStore>().StanzaId(Jid.Parse(Play.Romeo), entry.Sequence)), to);
                Assert.That(entry.Peer, Is.EqualTo(Jid.Parse(account)));
                Assert.That(entry.Outgoing, Is.True);
            }
        }
        await juliet.ExpectNothingAsync();
        await tablet.ExpectNothingAsync();
        Assert.That(await Server.Get<InboxStore>().ReadAsync(Jid.Parse(Play.Juliet), new LogQuery()), Is.Empty, "nothing of a blocked one is stored");
    }

    [Test]
    public async Task A_forged_carbon_is_ordinary_content_and_no_copy_is_copied()
    {
        const string Forged = "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='nurse@localhost/x' to='juliet@localhost/balcony' type='chat'><body>forged</body></message></forwarded></received>";
        await romeo.SendAsync($"<message to='juliet@localhost/balcony' type='chat' id='m'>{Forged}</message>");
        await juliet.ExpectAsync($"<message from='romeo@localhost/orchard' id='m'>{Forged}</message>");
        // What it is inside is the reader's to judge: from whom it came stands on it.
        await ExpectAsync(tablet, "received", $"<message from='romeo@localhost/orchard' id='m'>{Forged}</message>");
        foreach (TestClient client in new[] { juliet, tablet, romeo })
            await client.ExpectNothingAsync();
    }

    [Test]
    public async Task An_error_in_answer_to_a_copy_goes_nowhere()
    {
        await romeo.SendAsync($"<message to='juliet@localhost/balcony' type='chat' id='m'>{Body}</message>");
        await tablet.DrainAsync();
        await juliet.DrainAsync();
        await tablet.SendAsync("<message to='juliet@localhost' type='error' id='m'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
        foreach (TestClient client in new[] { juliet, tablet, romeo })
            await client.ExpectNothingAsync();
    }

    [Test]
    public async Task To_oneself_each_resource_sees_one_and_the_sender_no_copy()
    {
        TestClient phone = await WithCarbonsAsync("juliet@localhost/phone", "<presence><priority>-1</priority></presence>");
        await CarbonsAsync(juliet, "enable");
        await juliet.DrainAsync();
        await tablet.DrainAsync();
        await tablet.SendAsync($"<message to='juliet@localhost/phone' type='chat' id='full'>{Body}</message>");
        await phone.ExpectAsync("<message id='full'/>");
        await ExpectAsync(juliet, "received", "<message id='full'/>");
        await tablet.SendAsync($"<message type='chat' id='bare'>{Body}</message>");
        await juliet.ExpectAsync("<message id='bare'/>");
        await ExpectAsync(phone, "received", "<message id='bare'/>");
        await tablet.SendAsync($"<message to='juliet@localhost/gone' id='gone'>{Body}</message>");
        await tablet.ExpectAsync("<message type='error' id='gone'/>");
        foreach (TestClient client in new[] { juliet, tablet, phone })
            await client.ExpectNothingAsync();
    }

    [Test]
    public async Task A_message_for_a_resource_that_is_gone_is_copied_to_whoever_does_not_get_it()
    {
        await romeo.SendAsync($"<message to='juliet@localhost/gone' type='chat' id='m'>{Body}</message>");
        await juliet.ExpectAsync("<message id='m'/>");
        await ExpectAsync(tablet, "received", "<message id='m'/>");
        await romeo.SendAsync($"<message to='juliet@localhost/gone' type='normal' id='n'>{Body}</message>");
        await romeo.ExpectAsync("<message type='error' id='n'/>");
        foreach (TestClient client in new[] { juliet, tablet, romeo })
            await client.ExpectNothingAsync();
    }

    // The order of the log is the order in which a device sees, though what it sees as sent comes from inside other gates.
    [Test]
    public async Task Sent_and_received_come_in_the_order_of_the_log()
    {
        const int Rounds = 1000;
        TestClient desk = await WithCarbonsAsync("romeo@localhost/desk", "<presence><priority>-1</priority></presence>");
        TestClient hall = await Server.ConnectAsync("juliet@localhost/hall");
        TestClient nurse = await NurseAsync();
        foreach (TestClient client in new[] { romeo, desk, juliet, tablet, nurse })
            await client.DrainAsync();
        await Task.WhenAll(
            SendManyAsync(romeo, "juliet@localhost", Rounds),
            SendManyAsync(juliet, "romeo@localhost/orchard", Rounds),
            SendManyAsync(hall, "nurse@localhost", Rounds),
            SendManyAsync(nurse, "juliet@localhost/balcony", Rounds));
        foreach ((TestClient client, int expected) in new[] { (desk, 2 * Rounds), (tablet, 4 * Rounds) })
        {
            long last = 0;
            int seen = 0;
            foreach (Element carbon in await client.DrainAsync())
            {
                Element message = carbon.Children.Single().Child("urn:xmpp:forward:0", "forwarded")!.Child(Namespaces.Client, "message")!;
                Jid account = client.Address.Bare;
                Assert.That(Server.Get<InboxStore>().TryParseStanzaId(account, IdOf(message, account.ToString())!, out long sequence), Is.True);
                Assert.That(sequence, Is.GreaterThan(last));
                last = sequence;
                seen++;
            }
            Assert.That(seen, Is.EqualTo(expected), client.Address.ToString());
        }
    }

    // The same without chance: both lines are held where a sequence is given.
    [Test]
    public async Task Sequences_are_given_in_the_lines_of_all_who_see_them()
    {
        TestClient desk = await WithCarbonsAsync("romeo@localhost/desk", "<presence><priority>-1</priority></presence>");
        TestClient nurse = await NurseAsync();
        TestClient[] all = [romeo, juliet, nurse];
        List<string> held = [];
        Engine.Sequencing = () => held.Add(string.Join(' ', all.Where(client => client.Session.Presentity.Line.IsHeldByCurrentThread).Select(client => client.Address.Local)));
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat'>{Body}</message>");
        await juliet.SendAsync($"<message to='romeo@localhost' type='chat'>{Body}</message>");
        await juliet.SendAsync($"<message to='nurse@localhost' type='chat'>{Body}</message>");
        await nurse.SendAsync($"<message to='juliet@localhost' type='chat'>{Body}</message>");
        await nurse.SendAsync($"<message to='nurse@localhost' type='chat'>{Body}</message>");
        await juliet.SendAsync($"<message to='nobody@localhost' type='chat'>{Body}</message>");
        await CarbonsAsync(desk, "disable");
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat'>{Body}</message>");
        Engine.Sequencing = null;
        Assert.That(held, Is.EqualTo(new[] { "romeo juliet", "romeo juliet", "juliet", "juliet", "", "juliet", "juliet" }));
    }

    private async Task<TestClient> NurseAsync()
    {
        await Server.AddAccountsAsync("nurse@localhost");
        return await Server.LoginAsync("nurse@localhost/kitchen");
    }

    private static async Task SendManyAsync(TestClient client, string to, int count)
    {
        await Task.Yield();
        for (int i = 0; i < count; i++)
            await client.SendAsync($"<message to='{to}' type='chat' id='{i}'>{Body}</message>");
    }

    private async Task<TestClient> WithCarbonsAsync(string address, string presence = "<presence/>")
    {
        TestClient client = await Server.LoginAsync(address, presence);
        await CarbonsAsync(client, "enable");
        return client;
    }

    private static async Task CarbonsAsync(TestClient client, string what)
    {
        await client.SendAsync($"<iq type='set' id='carbons'><{what} xmlns='urn:xmpp:carbons:2'/></iq>");
        await client.DrainAsync();
    }

    // The message inside.
    private static async Task<Element> ExpectAsync(TestClient client, string direction, string message, string type = "chat")
    {
        Element carbon = await client.ExpectAsync($"<message from='{client.Address.Bare}' to='{client.Address}' type='{type}'><{direction} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>{Xml.Parse(message)}</forwarded></{direction}></message>");
        return carbon.Child("urn:xmpp:carbons:2", direction)!.Child("urn:xmpp:forward:0", "forwarded")!.Child(Namespaces.Client, "message")!;
    }

    private static string? IdOf(Element message, string by) =>
        message.Children.Where(child => child.Is("urn:xmpp:sid:0", "stanza-id") && child["by"] == by).Select(child => child["id"]).SingleOrDefault();
}
