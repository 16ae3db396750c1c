using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>Messages with partners at other servers: what leaves, what both logs and the other resources have of it, what is acknowledged when.</summary>
public sealed class RemoteMessagingTests : RemoteFixture
{
    private const string Constraint = "<error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    private TestClient romeo = null!;
    private TestClient phone = null!;

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo);
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        phone = await Server.ConnectAsync("romeo@localhost/phone");
        await phone.AskAsync("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>");
    }

    private static string Carbon(string direction, string message) =>
        $"<message from='romeo@localhost' to='romeo@localhost/phone'><{direction} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>{message.Insert(8, " xmlns='jabber:client'")}</forwarded></{direction}></message>";

    private async Task<LogEntry[]> LogAsync()
    {
        // What was handed to the store before this is there afterwards.
        await Server.Engine.Commit(new StorageBatch());
        return [.. await Server.Get<InboxStore>().ReadAsync(Jid.Parse(Play.Romeo), new LogQuery())];
    }

    [Test, Property("Spec", "R-20,XEP-0280-8,MA-1")]
    public async Task What_is_sent_leaves_is_copied_and_kept()
    {
        await romeo.SendAsync($"<message to='{Street}' type='chat' id='m1' xml:lang='it'><body>Tybalt</body><x:y xmlns:x='urn:x'/></message>");
        Remote.Expect($"<message from='romeo@localhost/orchard' to='{Street}' type='chat' id='m1' xml:lang='it'><body>Tybalt</body><y xmlns='urn:x'/></message>");
        Remote.ExpectNothing();
        await phone.ExpectAsync(Carbon("sent", $"<message from='romeo@localhost/orchard' to='{Street}' type='chat' id='m1'><body>Tybalt</body></message>"));
        await phone.ExpectNothingAsync();
        await romeo.ExpectNothingAsync();
        LogEntry entry = (await LogAsync()).Single();
        Assert.That((entry.Outgoing, entry.Peer.ToString()), Is.EqualTo((true, Tybalt)));
    }

    [TestCase("localhost"), TestCase("localhost/x"), TestCase("nobody@localhost"), TestCase("nobody@localhost/x"), TestCase("romeo@localhost/gone")]
    [Property("Spec", "R-31,R-24")]
    public async Task What_is_for_a_domain_of_ours_never_leaves_wherever_it_came_from(string to)
    {
        await romeo.SendAsync($"<message to='{to}' type='chat'><body>x</body></message><presence to='{to}'/><presence to='{to}' type='probe'/><presence to='{to}' type='subscribe'/><iq to='{to}' type='get' id='i'><x xmlns='urn:x'/></iq>");
        Remote.ExpectNothing();
        await Remote.SendAsync($"<message from='{Street}' to='{to}' type='chat'><body>x</body></message><presence from='{Street}' to='{to}'/><presence from='{Street}' to='{to}' type='probe'/><iq from='{Street}' to='{to}' type='get' id='i'><x xmlns='urn:x'/></iq>");
        Assert.That(Remote.Drain(), Is.All.Matches<Element>(answer => answer["to"] == Street && answer["type"] is "error" or "unsubscribed"));
    }

    [Test, Property("Spec", "XEP-0280-7,MA-1,MA-2")]
    public async Task What_comes_is_delivered_copied_and_kept_with_one_id()
    {
        await Remote.SendAsync($"<message from='{Street}' to='romeo@localhost/orchard' type='chat' id='m1'><body>Villain</body></message>");
        Element own = await romeo.ExpectAsync($"<message from='{Street}' to='romeo@localhost/orchard' type='chat' id='m1'><body>Villain</body><stanza-id xmlns='urn:xmpp:sid:0' by='romeo@localhost'/></message>");
        string id = own.Child(Namespaces.StanzaId, "stanza-id")!["id"]!;
        await phone.ExpectAsync(Carbon("received", $"<message from='{Street}' to='romeo@localhost/orchard' type='chat' id='m1'><body>Villain</body><stanza-id xmlns='urn:xmpp:sid:0' id='{id}'/></message>"));
        Remote.ExpectNothing();
        LogEntry entry = (await LogAsync()).Single();
        Assert.That((entry.Outgoing, entry.Peer.ToString()), Is.EqualTo((false, Tybalt)));
        Assert.That(Server.Get<InboxStore>().StanzaId(Jid.Parse(Play.Romeo), entry.Sequence), Is.EqualTo(id));
    }

    [Test, Property("Spec", "XEP-0359-5,XEP-0203-5")]
    public async Task What_only_this_server_may_say_is_cut_out_both_ways()
    {
        const string Forged = "<stanza-id xmlns='urn:xmpp:sid:0' by='romeo@localhost' id='f'/><delay xmlns='urn:xmpp:delay' from='localhost' stamp='2002-09-10T23:41:07Z'/>";
        const string Theirs = "<stanza-id xmlns='urn:xmpp:sid:0' by='tybalt@elsewhere.example' id='t'/><delay xmlns='urn:xmpp:delay' from='elsewhere.example' stamp='2002-09-10T23:41:07Z'/>";
        await Remote.SendAsync($"<message from='{Street}' to='romeo@localhost/orchard' type='chat' id='m1'>{Forged}{Theirs}<body>x</body></message>");
        Element got = await romeo.ExpectAsync($"<message id='m1'>{Theirs}<body>x</body></message>");
        Assert.That(got.ToString(), Does.Not.Contain("'f'").And.Not.Contain("'localhost'"));
        await romeo.SendAsync($"<message to='{Street}' type='chat' id='m2'>{Forged}<body>x</body></message>");
        Element sent = Remote.Expect("<message id='m2'><body>x</body></message>");
        Assert.That(sent.Children.Count(), Is.EqualTo(1), sent.ToString());
    }

    [Test, Property("Spec", "R-21,R-22,XEP-0280-8")]
    public async Task What_no_link_takes_is_answered_and_not_kept()
    {
        Remote.Refuse = static stanza => stanza is Message { Type: not MessageType.Error } ? StanzaError.RemoteServerTimeout : null;
        await romeo.SendAsync($"<message to='{Street}' type='chat' id='m1'><body>x</body></message>");
        const string Answer = "<message from='tybalt@elsewhere.example/street' to='romeo@localhost/orchard' type='error' id='m1'><error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>";
        await romeo.ExpectAsync(Answer);
        await phone.ExpectAsync(Carbon("sent", $"<message to='{Street}' type='chat' id='m1'><body>x</body></message>"));
        await phone.ExpectAsync(Carbon("received", Answer));
        Assert.That(await LogAsync(), Is.Empty);
        await romeo.SendAsync($"<message to='{Street}' type='error' id='m2'>{Unavailable}</message>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "R-23,XEP-0280-6.1")]
    public async Task What_a_link_gives_back_reaches_who_sent_it_and_its_other_resources()
    {
        const string Sent = "<message from='romeo@localhost/orchard' to='tybalt@elsewhere.example/street' type='chat' id='m1'><body>x</body></message>";
        await romeo.SendAsync($"<message to='{Street}' type='chat' id='m1'><body>x</body></message>");
        await phone.DrainAsync();
        Remote.Drain();
        Remote.Return(Sent, StanzaError.RemoteServerTimeout with { Text = "No route to host" });
        const string Answer = "<message from='tybalt@elsewhere.example/street' to='romeo@localhost/orchard' type='error' id='m1'><body>x</body><error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>No route to host</text></error></message>";
        await romeo.ExpectAsync(Answer);
        await phone.ExpectAsync(Carbon("received", Answer));
        Assert.That(await LogAsync(), Has.Length.EqualTo(1), "what was sent; an error is kept nowhere");
        await romeo.DisconnectAsync();
        Remote.Return(Sent, StanzaError.RemoteServerTimeout);
        await phone.ExpectAsync(Carbon("received", "<message type='error' id='m1'/>"));
        await phone.ExpectNothingAsync();
        await phone.DisconnectAsync();
        Remote.Return(Sent, StanzaError.RemoteServerTimeout);
        Remote.Return(Sent.Replace("romeo@", "nobody@", StringComparison.Ordinal), StanzaError.RemoteServerTimeout);
        TestClient later = await Server.LoginAsync("romeo@localhost/orchard");
        await later.ExpectNothingAsync();
        Remote.ExpectNothing();
        Assert.That(await LogAsync(), Has.Length.EqualTo(1));
    }

    [Test, Property("Spec", "XEP-0359-3")]
    public async Task What_is_sent_again_with_its_origin_id_leaves_once()
    {
        string message = $"<message to='{Street}' type='chat' id='m1'><body>x</body><origin-id xmlns='urn:xmpp:sid:0' id='o1'/></message>";
        await romeo.SendAsync(message);
        await phone.SendAsync(message);
        Remote.Expect("<message from='romeo@localhost/orchard' id='m1'/>");
        Remote.ExpectNothing();
    }

    [Test, Property("Spec", "D4")]
    public async Task While_the_store_fails_what_is_to_be_kept_does_not_leave_and_a_chat_state_does()
    {
        Engine.SaysItFails = true;
        await romeo.SendAsync($"<message to='{Street}' type='chat' id='m1'><body>x</body></message>");
        await romeo.ExpectAsync($"<message from='{Street}' type='error' id='m1'>{Constraint}</message>");
        Remote.ExpectNothing();
        await romeo.SendAsync($"<message to='{Street}' type='chat' id='m2'><active xmlns='http://jabber.org/protocol/chatstates'/></message>");
        Remote.Expect("<message id='m2'/>");
    }

    [Test, Property("Spec", "D4")]
    public async Task What_left_and_could_not_be_kept_is_not_acknowledged()
    {
        Engine.FailsCommits = true;
        await romeo.SendAsync($"<message to='{Street}' type='chat' id='m1'><body>x</body></message>");
        Engine.FailsCommits = false;
        Remote.Expect("<message id='m1'/>");
        Assert.That((await romeo.AskAsync("<iq type='get' id='q'><ping xmlns='urn:xmpp:ping'/></iq>"))["type"], Is.EqualTo("error"), "what was not stored is not acknowledged");
    }

    [Test, Property("Spec", "D4")]
    public async Task An_answer_to_another_server_waits_for_the_commit_of_what_it_sent_before()
    {
        Engine.HoldCommits();
        await Remote.SendAsync($"<message from='{Street}' to='romeo@localhost' type='chat' id='m1'><body>x</body></message>");
        await romeo.ExpectAsync("<message id='m1'/>");
        Remote.Origin.Received = 1;
        Assert.That(Remote.Origin.Barrier.Durable(1), Is.Not.EqualTo(1));
        Task asking = Remote.SendAsync($"<iq from='{Street}' to='localhost' type='get' id='q'><ping xmlns='urn:xmpp:ping'/></iq>");
        Task refusing = Remote.SendAsync($"<iq from='{Street}' to='localhost' type='get' id='r'/>");
        Remote.ExpectNothing();
        Engine.LetCommitsEnd();
        await asking;
        await refusing;
        Assert.That(Remote.Drain().Select(answer => $"{answer["id"]} {answer["type"]}"), Is.EquivalentTo(new[] { "q result", "r error" }));
        Assert.That(Remote.Origin.Barrier.Durable(1), Is.EqualTo(1));
    }

    [Test, Property("Spec", "D4")]
    public async Task What_could_not_be_stored_is_not_acknowledged_to_another_server()
    {
        Remote.Origin.Received = 1;
        await Remote.SendAsync($"<message from='{Street}' to='romeo@localhost' type='chat' id='m0'><body>x</body></message>");
        await LogAsync();
        Engine.FailsCommits = true;
        Remote.Origin.Received = 2;
        await Remote.SendAsync($"<message from='{Street}' to='romeo@localhost' type='chat' id='m1'><body>x</body></message>");
        Engine.FailsCommits = false;
        Remote.Origin.Received = 3;
        await Remote.SendAsync($"<iq from='{Street}' to='localhost' type='get' id='q'><ping xmlns='urn:xmpp:ping'/></iq>");
        Remote.Expect($"<iq from='localhost' to='{Street}' type='error' id='q'>{Constraint}</iq>");
        Remote.ExpectNothing();
        Assert.That((Remote.Origin.Barrier.HasFailed, Remote.Origin.Barrier.Durable(3)), Is.EqualTo((true, 1u)));
    }

    [Test, Property("Spec", "R-33,SM-7")]
    public async Task A_store_that_cannot_be_read_is_a_constraint_and_what_dies_unread_is_answered()
    {
        Engine.FailsReads = true;
        await Remote.SendAsync($"<message from='{Street}' to='nurse@localhost' id='m1'><body>x</body></message><iq from='{Street}' to='nurse@localhost' type='get' id='q'><x xmlns='urn:x'/></iq>");
        Engine.FailsReads = false;
        Remote.Expect($"<message from='nurse@localhost' to='{Street}' type='error' id='m1'>{Constraint}</message>");
        Remote.Expect($"<iq from='nurse@localhost' to='{Street}' type='error' id='q'>{Constraint}</iq>");
        Server.Log.Announce(1);
        TestClient deaf = await Server.ConnectAsync("romeo@localhost/deaf", reads: false);
        await deaf.SendAsync($"<presence to='{Street}'/>");
        Remote.Drain();
        await Remote.SendAsync($"<iq from='{Street}' to='romeo@localhost/deaf' type='get' id='q2'><x xmlns='urn:x'/></iq>");
        Remote.ExpectNothing();
        await deaf.DisconnectAsync();
        Assert.That(Remote.Drain().Select(stanza => $"{stanza.LocalName} {stanza["type"]} {stanza["id"]}"), Is.EquivalentTo(new[] { "presence unavailable ", "iq error q2" }));
    }
}
