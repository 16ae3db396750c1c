using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>D4: what could not be stored is never acknowledged.</summary>
public sealed class FailingStoreTests : FaultyFixture
{
    private const string Constraint = "<error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    private TestClient romeo = null!;

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
    }

    [Test, Property("Spec", "D4")]
    public async Task An_answer_of_the_server_waits_for_the_commit_of_what_was_sent_before_it()
    {
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        Engine.HoldCommits();
        await romeo.SendAsync("<message to='juliet@localhost' id='m'><body>b</body></message>");
        await juliet.ExpectAsync("<message id='m'/>"); // served at once
        Task asking = romeo.SendAsync("<iq type='get' id='q'><x xmlns='urn:x'/></iq>");
        Assert.That(asking.IsCompleted, Is.False);
        Engine.LetCommitsEnd();
        await asking;
        await romeo.ExpectAsync("<iq id='q' type='error'><error><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    }

    [Test, Property("Spec", "D4")]
    public async Task A_failed_commit_is_not_acknowledged()
    {
        Engine.FailsCommits = true;
        await romeo.SendAsync("<message to='juliet@localhost' id='m'><body>b</body></message>");
        Engine.FailsCommits = false;
        await romeo.SendAsync("<message to='juliet@localhost' id='m2'><body>b</body></message>");
        await romeo.SendAsync("<iq type='get' id='q'><x xmlns='urn:x'/></iq>");
        await romeo.ExpectAsync($"<iq id='q' type='error'>{Constraint}</iq>");
        await romeo.SendAsync("<iq type='get' id='q2'><x xmlns='urn:x'/></iq>");
        await romeo.ExpectAsync("<iq id='q2' type='error'><error><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence/>");
        await juliet.ExpectAsync("<message id='m2'/>");
        await juliet.ExpectNothingAsync();
    }

    [Test]
    public async Task A_roster_that_could_not_be_written_is_read_anew()
    {
        await romeo.ShowInterestAsync();
        Engine.FailsCommits = true;
        await romeo.SendAsync("<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='juliet@localhost'/></query></iq>");
        Engine.FailsCommits = false;
        await romeo.DisconnectAsync();
        Assert.That(romeo.Session.Outbox.CloseReason, Is.EqualTo(Protocol.Streams.StreamError.InternalServerError));
        Server.Log.Announce(1);
        TestClient again = await Server.ConnectAsync("romeo@localhost/orchard");
        Element roster = await again.AskAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.That(roster.Children.Single().Children, Is.Empty);
    }

    [Test]
    public async Task A_store_that_cannot_be_read_is_a_constraint_and_the_session_lives()
    {
        Engine.FailsReads = true;
        await romeo.SendAsync("<message to='juliet@localhost' id='m'><body>b</body></message>");
        await romeo.ExpectAsync($"<message id='m' type='error'>{Constraint}</message>");
        await romeo.SendAsync("<presence to='juliet@localhost' type='probe'/>"); // Trap 6: no unsubscribed while the store is away
        Engine.FailsReads = false;
        Server.Log.Announce(1); // one line for all of a minute
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "TRAP-6")]
    public async Task A_probe_while_the_store_is_away_is_not_answered_with_unsubscribed()
    {
        Engine.FailsReads = true;
        await romeo.SendAsync("<presence to='juliet@localhost' type='probe'/>");
        Engine.FailsReads = false;
        Server.Log.Announce(1);
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "U-03")]
    public async Task A_request_that_cannot_be_delivered_now_is_pushed_told_and_repeated_at_the_next_login()
    {
        await romeo.ShowInterestAsync();
        Engine.FailsReads = true;
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribe' id='s'/>");
        Engine.FailsReads = false;
        Server.Log.Announce(1);
        await romeo.ExpectAsync("<iq type='set'><query xmlns='jabber:iq:roster'><item jid='juliet@localhost' subscription='none' ask='subscribe'/></query></iq>");
        await romeo.ExpectAsync($"<presence type='error' id='s'>{Constraint}</presence>");
        await romeo.DisconnectAsync();
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await Server.LoginAsync("romeo@localhost/again");
        await juliet.ExpectAsync("<presence from='romeo@localhost' type='subscribe'/>");
    }
}
