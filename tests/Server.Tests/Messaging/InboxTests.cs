using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>D4, XEP-0160, XEP-0203, XEP-0334, XEP-0359: what is kept, when it comes, and that it comes once.</summary>
public sealed class InboxTests : ServerFixture
{
    private TestClient romeo = null!;

    protected override void Configure(TestServer.Settings settings) => settings.Options.Inbox.QuotaMessages = 300;

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
    }

    private static string Chat(string body, string to = Play.Juliet, string id = "m", string more = "") => $"<message to='{to}' type='chat' id='{id}'><body>{body}</body>{more}</message>";

    private static string? IdOf(Element message, string by) =>
        message.Children.Where(child => child.Is("urn:xmpp:sid:0", "stanza-id") && child["by"] == by).Select(child => child["id"]).SingleOrDefault();

    [Test, Property("Spec", "D4")]
    public async Task Offline_messages_come_once_in_order_with_their_time_and_the_id_they_had()
    {
        for (int i = 0; i < 250; i++)
        {
            await romeo.SendAsync(Chat($"line {i}"));
            Server.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await Server.RestartAsync();
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        var ids = new HashSet<string?>();
        for (int i = 0; i < 250; i++)
        {
            string stamp = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(i).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
            Element message = await juliet.ExpectAsync($"<message from='romeo@localhost/orchard' to='juliet@localhost' type='chat'><body>line {i}</body><delay xmlns='urn:xmpp:delay' from='localhost' stamp='{stamp}'/></message>");
            ids.Add(IdOf(message, Play.Juliet));
        }
        Assert.That(ids, Has.Count.EqualTo(250).And.None.Null);
        await juliet.ExpectNothingAsync();
        await Server.RestartAsync();
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "D4,MA-2")]
    public async Task The_stanza_id_is_the_same_live_and_in_the_log_and_the_sender_has_its_own_copy()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync(Chat("live"));
        Element live = await juliet.ExpectAsync("<message><body>live</body></message>");
        await romeo.ExpectNothingAsync(); // the barrier: what was sent before is durable now
        LogEntry received = (await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Juliet), new LogQuery())).Single();
        LogEntry sent = (await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Romeo), new LogQuery())).Single();
        Assert.Multiple(() =>
        {
            Assert.That(IdOf(live, Play.Juliet), Is.EqualTo(Server.Get<InstantInbox>().StanzaId(Jid.Parse(Play.Juliet), received.Sequence)));
            Assert.That(received.Outgoing, Is.False);
            Assert.That(received.Peer, Is.EqualTo(Jid.Parse(Play.Romeo)));
            Assert.That(sent.Outgoing, Is.True);
            Assert.That(sent.Undelivered, Is.False);
            Assert.That(sent.Peer, Is.EqualTo(Jid.Parse(Play.Juliet)));
            Assert.That(sent.Content.ToArray(), Is.EqualTo(received.Content.ToArray()));
            Assert.That(live.Child("urn:xmpp:delay", "delay"), Is.Null, "it was not delayed");
        });
    }

    [Test, Property("Spec", "MA-2")]
    public async Task Forged_ids_of_the_recipients_account_are_cut_others_stay()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync(Chat("x", more: "<stanza-id xmlns='urn:xmpp:sid:0' by='Juliet@LOCALHOST' id='forged'/><stanza-id xmlns='urn:xmpp:sid:0' by='room@muc.example' id='kept'/><origin-id xmlns='urn:xmpp:sid:0' id='o'/>"));
        Element message = await juliet.ExpectAsync("<message><stanza-id xmlns='urn:xmpp:sid:0' by='room@muc.example' id='kept'/><origin-id xmlns='urn:xmpp:sid:0' id='o'/></message>");
        Assert.Multiple(() =>
        {
            Assert.That(message.ToString(), Does.Not.Contain("forged"));
            Assert.That(IdOf(message, Play.Juliet), Is.Not.Null);
        });
    }

    [TestCase("chat")]
    [TestCase("headline")]
    [Property("Spec", "MA-2,X0359-4")]
    public async Task Ids_in_the_name_of_the_senders_own_account_are_cut_too(string type)
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync($"<message to='juliet@localhost/balcony' type='{type}' id='m'><body>b</body><stanza-id xmlns='urn:xmpp:sid:0' by='romeo@localhost' id='forged'/></message>");
        Element message = await juliet.ExpectAsync("<message id='m'><body>b</body></message>");
        await romeo.ExpectNothingAsync(); // the barrier: what was sent before is durable now
        Assert.That(message.ToString(), Does.Not.Contain("forged"));
        foreach (LogEntry sent in await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Romeo), new LogQuery()))
            Assert.That(System.Text.Encoding.UTF8.GetString(sent.Content.Span), Does.Not.Contain("forged"));
    }

    [TestCase("chat")]
    [TestCase("headline")]
    [Property("Spec", "X0203-2")]
    public async Task A_delay_in_the_name_of_this_server_is_cut_others_stay(string type)
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync($"<message to='juliet@localhost/balcony' type='{type}' id='m'><body>b</body><delay xmlns='urn:xmpp:delay' from='LOCALHOST' stamp='2002-09-10T23:08:25Z'/><delay xmlns='urn:xmpp:delay' from='room@muc.example' stamp='2002-09-10T23:08:25Z'/></message>");
        Element message = await juliet.ExpectAsync("<message id='m'><body>b</body></message>");
        Assert.That(message.Children.Where(child => child.Is("urn:xmpp:delay", "delay")).Select(child => child["from"]), Is.EqualTo(new[] { "room@muc.example" }));
    }

    [TestCase("<body>b</body>", true)]
    [TestCase("<subject>s</subject>", true)]
    [TestCase("<encrypted xmlns='urn:xmpp:omemo:2'/>", true)]
    [TestCase("<received xmlns='urn:xmpp:receipts' id='x'/>", true)]
    [TestCase("<active xmlns='http://jabber.org/protocol/chatstates'/><store xmlns='urn:xmpp:hints'/>", true)]
    [TestCase("", false)]
    [TestCase("<thread>t</thread><composing xmlns='http://jabber.org/protocol/chatstates'/>", false)]
    [TestCase("<body>b</body><no-store xmlns='urn:xmpp:hints'/>", false)]
    [Property("Spec", "XEP-0160,XEP-0334")]
    public async Task What_is_kept_for_an_account_that_is_off(string content, bool isKept)
    {
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='m'>{content}</message>");
        await romeo.ExpectNothingAsync();
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        if (isKept)
            await juliet.ExpectAsync("<message id='m'/>");
        await juliet.ExpectNothingAsync();
        Assert.That(await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Juliet), new LogQuery()), Has.Count.EqualTo(isKept ? 1 : 0));
    }

    [Test, Property("Spec", "XEP-0334")]
    public async Task What_must_not_be_archived_waits_for_its_recipient_and_is_in_no_log_afterwards()
    {
        await romeo.SendAsync(Chat("between us", more: "<no-permanent-store xmlns='urn:xmpp:hints'/>"));
        await romeo.SendAsync(Chat("for the record", id: "kept"));
        await romeo.ExpectNothingAsync();
        await Server.RestartAsync();
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectAsync("<message><body>between us</body></message>");
        await juliet.ExpectAsync("<message><body>for the record</body></message>");
        await juliet.ExpectNothingAsync();
        await Server.RestartAsync(); // and whatever was enqueued is in the store
        foreach (string account in new[] { Play.Romeo, Play.Juliet })
        {
            LogEntry left = (await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(account), new LogQuery())).Single();
            Assert.That(Protocol.Stanzas.StanzaReader.ReadCanonical(left.Content).Id, Is.EqualTo("kept"), account);
            Assert.That(left.Undelivered, Is.False, account);
        }
    }

    [Test, Property("Spec", "P-04")]
    public async Task Offline_messages_wait_for_a_resource_that_takes_messages()
    {
        await romeo.SendAsync(Chat("later"));
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence><priority>-1</priority></presence>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectNothingAsync();
        await juliet.SendAsync("<presence><priority>0</priority></presence>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectAsync("<message><body>later</body></message>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "XEP-0160,E-resource-constraint")]
    public async Task A_full_inbox_is_told_to_the_sender_and_takes_again_when_it_was_read()
    {
        for (int i = 0; i < 300; i++)
            await romeo.SendAsync(Chat("x"));
        await romeo.SendAsync(Chat("too much", id: "over"));
        await romeo.ExpectAsync("<message from='juliet@localhost' type='error' id='over'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        Assert.That(await juliet.DrainAsync(), Has.Count.EqualTo(301));
        await romeo.SendAsync(Chat("again"));
        await juliet.ExpectAsync("<message><body>again</body></message>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "R-10")]
    public async Task A_message_to_oneself_comes_once_and_is_kept_once()
    {
        await romeo.SendAsync("<message id='a'><body>note</body></message>");
        await romeo.ExpectAsync("<message id='a' from='romeo@localhost/orchard' to='romeo@localhost'><body>note</body></message>");
        await romeo.SendAsync(Chat("note 2", to: Play.Romeo, id: "b"));
        await romeo.ExpectAsync("<message id='b'/>");
        await romeo.ExpectNothingAsync();
        Assert.That(await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Romeo), new LogQuery()), Has.Count.EqualTo(2));
    }

    [Test, Property("Spec", "D4")]
    public async Task What_was_queued_and_not_written_comes_to_the_next_resource_once()
    {
        TestClient deaf = await Server.ConnectAsync("juliet@localhost/deaf", reads: false);
        await deaf.SendAsync("<presence/>");
        await romeo.SendAsync(Chat("one") + Chat("two", to: "juliet@localhost/deaf"));
        await deaf.DisconnectAsync();
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectAsync("<message to='juliet@localhost'><body>one</body><delay xmlns='urn:xmpp:delay'/></message>");
        await juliet.ExpectAsync("<message to='juliet@localhost/deaf'><body>two</body></message>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "D4")]
    public async Task What_dies_with_one_resource_goes_to_another_that_is_there()
    {
        TestClient deaf = await Server.ConnectAsync("juliet@localhost/deaf", reads: false);
        await deaf.SendAsync("<presence/>");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync(Chat("both") + Chat("only you", to: "juliet@localhost/deaf"));
        Element both = await juliet.ExpectAsync("<message><body>both</body></message>");
        await deaf.DisconnectAsync();
        await juliet.ExpectAsync("<presence from='juliet@localhost/deaf' type='unavailable'/>");
        Element only = await juliet.ExpectAsync("<message to='juliet@localhost/deaf'><body>only you</body><delay xmlns='urn:xmpp:delay'/></message>");
        await juliet.ExpectNothingAsync();
        Assert.That(IdOf(both, Play.Juliet), Is.Not.EqualTo(IdOf(only, Play.Juliet)));
    }

    [Test, Property("Spec", "D4")]
    public async Task A_crash_between_loses_nothing_that_was_acknowledged_and_doubles_nothing()
    {
        await romeo.SendAsync(Chat("kept 1") + Chat("kept 2"));
        await romeo.ExpectNothingAsync(); // the answered fence acknowledges
        await Server.CrashAsync();
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectAsync("<message><body>kept 1</body></message>");
        await juliet.ExpectAsync("<message><body>kept 2</body></message>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "D4")]
    public async Task An_account_that_nobody_needs_leaves_memory_after_its_messages_are_durable()
    {
        await romeo.SendAsync(Chat("x"));
        await romeo.ExpectNothingAsync();
        // The last one to let go may still be on its way from the commit; a lease taken and given back after it is decided here.
        Presentities presentities = Server.Get<Presentities>();
        using (await presentities.AcquireAsync(Jid.Parse(Play.Juliet), CancellationToken.None))
            Assert.That(presentities.TryFind(Jid.Parse(Play.Juliet), out _), Is.True);
        Assert.That(presentities.TryFind(Jid.Parse(Play.Juliet), out _), Is.False);
        Assert.That(await presentities.AcquireAsync(Jid.Parse("nobody@localhost"), CancellationToken.None), Is.Null);
        Assert.That(presentities.Count, Is.EqualTo(1));
    }

    [Test, Property("Spec", "Z-18")]
    public async Task What_went_to_all_resources_and_lies_in_no_log_does_not_come_again_when_one_of_them_dies()
    {
        TestClient deaf = await Server.ConnectAsync("juliet@localhost/deaf", reads: false);
        await deaf.SendAsync("<presence/>");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync("<message to='juliet@localhost' type='headline'><body>news</body></message><message to='juliet@localhost/deaf' type='chat'><body>for you</body><no-store xmlns='urn:xmpp:hints'/></message>");
        await juliet.ExpectAsync("<message type='headline'><body>news</body></message>");
        await deaf.DisconnectAsync();
        await juliet.ExpectAsync("<presence from='juliet@localhost/deaf' type='unavailable'/>");
        await juliet.ExpectAsync("<message to='juliet@localhost/deaf'><body>for you</body></message>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "D4")]
    public async Task What_came_for_a_resource_that_was_closing_goes_to_another_when_it_is_gone()
    {
        TestClient closing = await Server.LoginAsync("juliet@localhost/closing");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        closing.Session.Close(null);
        await romeo.SendAsync(Chat("late", to: "juliet@localhost/closing"));
        await juliet.ExpectNothingAsync();
        await closing.DisconnectAsync();
        await juliet.ExpectAsync("<presence from='juliet@localhost/closing' type='unavailable'/>");
        await juliet.ExpectAsync("<message to='juliet@localhost/closing'><body>late</body></message>");
    }

    [Test, Property("Spec", "P-04,M-02")]
    public async Task A_later_presence_with_a_priority_that_is_not_negative_brings_what_waited()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony", "<presence><priority>-1</priority></presence>");
        await romeo.SendAsync(Chat("waits") + Chat("full", to: "juliet@localhost/balcony"));
        await juliet.ExpectAsync("<message to='juliet@localhost/balcony'><body>full</body></message>");
        await juliet.ExpectNothingAsync();
        await juliet.SendAsync("<presence><priority>0</priority></presence>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectAsync("<message to='juliet@localhost'><body>waits</body><delay xmlns='urn:xmpp:delay'/></message>");
        await juliet.SendAsync("<presence><priority>5</priority></presence>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectNothingAsync();
    }
}
