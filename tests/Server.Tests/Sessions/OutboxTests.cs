using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Sessions;

/// <summary>A client that does not read: docs/architecture.md, "The outbox".</summary>
public sealed class OutboxTests : ServerFixture
{
    private const int Bound = 8000;
    private static readonly string Kilobyte = new('x', 1000);
    private TestClient romeo = null!;
    private TestClient deaf = null!;

    protected override void Configure(TestServer.Settings settings) => settings.Options.Limits.OutboxBytes = Bound;

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        await Server.BefriendAsync();
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        deaf = await Server.ConnectAsync("juliet@localhost/deaf", reads: false);
        await deaf.SendAsync("<presence/>");
        await romeo.DrainAsync();
    }

    [Test, Property("Spec", "Outbox")]
    public async Task Stored_messages_wait_in_the_log_while_there_is_no_room_and_none_is_lost_or_out_of_order()
    {
        for (int i = 0; i < 200; i++)
            await romeo.SendAsync($"<message to='juliet@localhost' id='{i}'><body>{Kilobyte}</body></message>");
        await romeo.ExpectNothingAsync();
        deaf.StartReading();
        IReadOnlyList<Element> got = await deaf.DrainAsync();
        Assert.That(got.Where(stanza => stanza.LocalName == "message").Select(stanza => stanza["id"]), Is.EqualTo(Enumerable.Range(0, 200).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        Assert.That(got.Where(stanza => stanza.LocalName == "message").Select(stanza => stanza.Child("urn:xmpp:sid:0", "stanza-id")?["id"]), Is.Unique.And.None.Null);
    }

    [Test, Property("Spec", "Outbox")]
    public async Task A_request_without_room_is_answered_resource_constraint()
    {
        Element? refused = null;
        for (int i = 0; refused is null && i < 100; i++)
        {
            await romeo.SendAsync($"<iq type='get' id='q{i}' to='juliet@localhost/deaf'><x xmlns='urn:x'>{Kilobyte}</x></iq>");
            refused = (await romeo.DrainAsync()) is [Element first, ..] ? first : null;
        }
        Assert.That(refused, Is.Not.Null);
        Assert.That(Xml.Mismatch(Xml.Parse("<iq type='error' from='juliet@localhost/deaf'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"), refused), Is.Null);
    }

    [Test, Property("Spec", "Outbox")]
    public async Task Presence_without_room_keeps_the_latest_of_each_sender()
    {
        for (int i = 0; i < 500; i++)
            await romeo.SendAsync($"<presence><status>{Kilobyte} {i}</status></presence>");
        await romeo.DrainAsync();
        Assert.That(deaf.IsClosed, Is.False);
        deaf.StartReading();
        Element[] got = [.. (await deaf.DrainAsync()).Where(stanza => stanza["from"] == "romeo@localhost/orchard")];
        Assert.That(got, Has.Length.LessThan(30));
        Assert.That(got[^1].Children.Single().Text, Does.EndWith(" 499"));
    }

    [Test, Property("Spec", "Z-18")]
    public async Task Presence_that_replaces_an_older_one_does_not_overtake_what_came_in_between()
    {
        await romeo.SendAsync("<presence><status>first</status></presence>");
        await romeo.SendAsync($"<iq type='get' id='q' to='juliet@localhost/deaf'><x xmlns='urn:x'>{new string('x', Bound - 1500)}</x></iq>");
        await romeo.SendAsync($"<presence><status>{Kilobyte}</status></presence>");
        deaf.StartReading();
        Element[] got = [.. (await deaf.DrainAsync()).Where(stanza => stanza["from"] == "romeo@localhost/orchard" && stanza.Children.Any())];
        Assert.That(got.Select(stanza => stanza.Children.First().Text.Length > 1000 ? "iq" : stanza.Children.First().Text), Is.EqualTo(new[] { "iq", Kilobyte }));
    }

    [Test, Property("Spec", "Outbox")]
    public async Task A_message_that_lies_nowhere_is_refused_to_its_sender_a_chat_state_is_just_late()
    {
        for (int i = 0; i < 20; i++)
            await romeo.SendAsync($"<message to='juliet@localhost/deaf' type='headline' id='h'><body>{Kilobyte}</body></message>");
        await romeo.ExpectNothingAsync();
        await romeo.SendAsync("<message to='juliet@localhost/deaf' type='chat' id='s'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>");
        await romeo.ExpectNothingAsync();
        await romeo.SendAsync($"<message to='juliet@localhost/deaf' type='chat' id='n'><body>{Kilobyte}</body><no-store xmlns='urn:xmpp:hints'/></message>");
        await romeo.ExpectAsync("<message type='error' id='n'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    }

    [Test, Property("Spec", "Outbox")]
    public async Task Own_answers_wait_for_room_so_the_next_stanza_is_not_looked_at()
    {
        Task last = Task.CompletedTask;
        int sent = 0;
        while (last.IsCompleted)
        {
            await last;
            // An echo of the payload would do; the error answer repeats nothing, so many are needed.
            last = deaf.SendAsync($"<iq type='get' id='{sent++}'><x xmlns='urn:x'/></iq>");
            Assert.That(sent, Is.LessThan(Bound));
        }
        deaf.StartReading();
        await last;
        IReadOnlyList<Element> got = await deaf.DrainAsync();
        Assert.That(got.Where(stanza => stanza.LocalName == "iq").Select(stanza => stanza["id"]), Is.EqualTo(Enumerable.Range(0, sent).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Test, Property("Spec", "SE-resource-constraint")]
    public async Task Who_lets_pushes_pile_up_is_disconnected()
    {
        await deaf.SendAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        TestClient other = await Server.ConnectAsync("juliet@localhost/other");
        for (int i = 0; i < 200; i++)
            await other.SendAsync($"<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='romeo@localhost' name='{i} {new string('n', 500)}'/></query></iq>");
        deaf.StartReading();
        await deaf.DisconnectAsync();
        Assert.That(deaf.Session.Outbox.CloseReason, Is.EqualTo(Protocol.Streams.StreamError.ResourceConstraint));
    }

    [Test, Property("Spec", "Outbox")]
    public async Task What_is_queued_is_written_before_a_close_but_the_flood_stays_in_the_log()
    {
        for (int i = 0; i < 50; i++)
            await romeo.SendAsync($"<message to='juliet@localhost' id='{i}'><body>{Kilobyte}</body></message>");
        deaf.Session.Close(Protocol.Streams.StreamError.SystemShutdown);
        Assert.That(deaf.Session.TrySend(new Protocol.Stanzas.Message()), Is.False);
        deaf.StartReading();
        await deaf.DisconnectAsync();
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/next");
        await juliet.SendAsync("<presence/>");
        Element[] rest = [.. (await juliet.DrainAsync()).Where(stanza => stanza.LocalName == "message")];
        Assert.That(rest, Has.Length.InRange(1, 50));
        Assert.That(rest.Select(stanza => stanza["id"]), Is.EqualTo(Enumerable.Range(50 - rest.Length, rest.Length).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Test, Property("Spec", "Outbox")]
    public async Task A_carbon_is_wrapped_when_it_is_written_with_its_id_inside()
    {
        (Message message, long sequence) = await StoreAsync("juliet@localhost", "in");
        Assert.That(deaf.Session.TrySend(message, sequence, OutboxForm.Carbon), Is.True);
        deaf.StartReading();
        await deaf.ExpectAsync("<presence from='juliet@localhost/deaf'/>");
        await deaf.ExpectAsync("<presence from='romeo@localhost/orchard'/>");
        await deaf.ExpectAsync("<message id='in'/>");
        Element carbon = await deaf.ExpectAsync("<message from='juliet@localhost' to='juliet@localhost/deaf' type='chat'><received xmlns='urn:xmpp:carbons:2'/></message>");
        Element forwarded = carbon.Child("urn:xmpp:carbons:2", "received")!.Children.Single();
        Assert.That(forwarded.ToString(), Does.StartWith("<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='romeo@localhost/orchard' to='juliet@localhost'"));
        Assert.That(forwarded.Children.Single().Child("urn:xmpp:sid:0", "stanza-id")?["id"], Is.EqualTo(Server.Get<InboxStore>().StanzaId(Jid.Parse("juliet@localhost"), sequence)));
        Assert.That(carbon.Child("urn:xmpp:sid:0", "stanza-id"), Is.Null);
    }

    [Test, Property("Spec", "Outbox")]
    public async Task A_carbon_of_what_the_account_sent_says_so_and_one_that_waited_says_when_it_came()
    {
        Server.Clock.Advance(TimeSpan.FromSeconds(1));
        (Message message, long sequence) = await StoreAsync("juliet@localhost/deaf", "out", type: "chat");
        TestClient other = await Server.ConnectAsync("romeo@localhost/o'ther", reads: false);
        Server.Clock.Advance(TimeSpan.FromMinutes(1));
        while (other.Session.TrySend(new Message { Type = MessageType.Headline }))
        {
        }
        Assert.That(other.Session.TrySend(message, sequence, OutboxForm.Carbon), Is.True);
        other.StartReading();
        Element carbon = (await other.DrainAsync())[^1];
        Assert.That(carbon["from"], Is.EqualTo("romeo@localhost"));
        Assert.That(carbon["to"], Is.EqualTo("romeo@localhost/o'ther"));
        Element[] parts = [.. carbon.Child("urn:xmpp:carbons:2", "sent")!.Children.Single().Children];
        Assert.That(parts[0].ToString(), Is.EqualTo("<delay xmlns='urn:xmpp:delay' from='localhost' stamp='2030-01-01T00:00:01.000Z'/>"));
        Assert.That(parts[1]["id"], Is.EqualTo("out"));
        Assert.That(parts[1].Child("urn:xmpp:delay", "delay"), Is.Null);
        Assert.That(parts[1].Child("urn:xmpp:sid:0", "stanza-id")?["by"], Is.EqualTo("romeo@localhost"));
    }

    [Test, Property("Spec", "Outbox")]
    public void Carbons_that_wait_in_the_log_are_not_without_number()
    {
        // No quota counts what the account itself sends, nor what another resource has taken already.
        var message = new Message { From = Jid.Parse("juliet@localhost/other"), To = Jid.Parse(Play.Romeo), Type = MessageType.Chat };
        int taken = 0;
        for (long sequence = 1; sequence <= 100_000; sequence++)
            taken += deaf.Session.TrySend(message, sequence, OutboxForm.Carbon) ? 1 : 0;
        Assert.That(taken, Is.InRange(10_000, 10_100));
    }

    [Test, Property("Spec", "Outbox")]
    public void Messages_that_wait_for_a_session_without_a_line_are_not_without_number()
    {
        // Nor is a message counted any more that another resource has got.
        var message = new Message { From = Jid.Parse(Play.Romeo), To = Jid.Parse(Play.Juliet), Type = MessageType.Chat };
        deaf.Session.Outbox.Dismiss();
        int taken = 0;
        for (long sequence = 1; sequence <= 100_000; sequence++)
            taken += deaf.Session.TrySend(message, sequence) ? 1 : 0;
        Assert.That(taken, Is.InRange(9_900, 10_100));
    }

    [Test, Property("Spec", "Outbox")]
    public async Task What_was_shown_as_a_copy_or_a_carbon_is_delivered()
    {
        await deaf.DisconnectAsync();
        TestClient reader = await Server.ConnectAsync("juliet@localhost/reader");
        (Message one, long first) = await StoreAsync("juliet@localhost", "one");
        (Message two, long second) = await StoreAsync("juliet@localhost", "two");
        await StoreAsync("juliet@localhost", "three");
        await reader.Session.SendAsync(new Message { To = reader.Address, Content = StanzaContent.Of(new Element("urn:x", "result")) }, first, OutboxForm.Copy, CancellationToken.None);
        Assert.That(reader.Session.TrySend(two, second, OutboxForm.Carbon), Is.True);
        Assert.That(await reader.DrainAsync(), Has.Count.EqualTo(2));
        await reader.SendAsync("<presence/>");
        Assert.That((await reader.DrainAsync()).Where(stanza => stanza.LocalName == "message").Select(stanza => stanza["id"]), Is.EqualTo(new[] { "three" }));
        Assert.That(one.Id, Is.EqualTo("one"));
    }

    [Test, Property("Spec", "Outbox")]
    public async Task Copies_and_carbons_that_were_not_written_go_nowhere_and_what_they_show_still_waits()
    {
        await deaf.DisconnectAsync();
        TestClient reader = await Server.ConnectAsync("juliet@localhost/reader", reads: false);
        // Bound all the time, so that what the account's memory holds is not read anew.
        TestClient next = await Server.ConnectAsync("juliet@localhost/next");
        (Message message, long sequence) = await StoreAsync("juliet@localhost", "once");
        Assert.That(reader.Session.TrySend(message with { To = reader.Address, Id = "copy" }, sequence, OutboxForm.Copy), Is.True);
        Assert.That(reader.Session.TrySend(message, sequence, OutboxForm.Carbon), Is.True);
        Assert.That(reader.Session.TrySend(message with { To = reader.Address, Id = "copy" }, 0, OutboxForm.Copy), Is.True);
        await reader.DisconnectAsync();
        await next.SendAsync("<presence/>");
        Assert.That((await next.DrainAsync()).Where(stanza => stanza.LocalName == "message").Select(stanza => stanza["id"]), Is.EqualTo(new[] { "once" }));
    }

    [Test, Property("Spec", "Outbox")]
    public async Task Copies_wait_for_room_and_so_does_their_reader()
    {
        var copy = new Message { To = deaf.Address, Content = StanzaContent.Of(new Element("urn:x", "x", Kilobyte)) };
        while (deaf.Session.TrySend(copy, 0, OutboxForm.Copy))
        {
        }
        Task waiting = deaf.Session.SendAsync(copy with { Id = "last" }, 1, OutboxForm.Copy, CancellationToken.None).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        deaf.StartReading();
        await waiting;
        Assert.That((await deaf.DrainAsync())[^1]["id"], Is.EqualTo("last"));
    }

    [Test, Property("Spec", "Outbox")]
    public async Task Copies_are_written_before_a_close_as_is_the_answer_that_says_that_these_were_all()
    {
        await deaf.DisconnectAsync();
        TestClient reader = await Server.ConnectAsync("juliet@localhost/reader", reads: false);
        (Message message, long sequence) = await StoreAsync("juliet@localhost", "once");
        reader.Session.Outbox.Manage(null, items: 100, bytes: 100_000);
        Assert.That(reader.Session.TrySend(message with { To = reader.Address, Id = "copy" }, sequence, OutboxForm.Copy), Is.True);
        Assert.That(reader.Session.TrySend(new Iq { Type = IqType.Result, To = reader.Address, Id = "fin" }), Is.True);
        reader.Session.Close(null);
        reader.StartReading();
        await reader.ExpectAsync("<message id='copy'/>");
        await reader.ExpectAsync("<iq id='fin'/>");
    }

    // A stored message of romeo's, and where it lies: his own carbon of it would show the same place.
    private async Task<(Message Message, long Sequence)> StoreAsync(string to, string id, string type = "chat")
    {
        var log = Server.Get<InboxStore>();
        await romeo.SendAsync($"<message to='{to}' id='{id}' type='{type}'><body>x</body></message>");
        await romeo.DrainAsync();
        LogEntry entry = (await log.ReadAsync(Jid.Parse(Play.Romeo), new LogQuery { Backwards = true, Limit = 1 }))[0];
        return ((Message)StanzaReader.ReadCanonical(entry.Content), entry.Sequence);
    }
}
