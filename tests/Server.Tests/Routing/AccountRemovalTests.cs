using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Routing;

public sealed class AccountRemovalTests : ServerFixture
{
    private Task<bool> DeleteAsync(string account) => Server.Get<AccountRemoval>().DeleteAsync(Jid.Parse(account), CancellationToken.None);

    [SetUp]
    public Task AddAccountsAsync() => Server.AddAccountsAsync(Play.Romeo, Play.Juliet, "nurse@localhost", "paris@localhost");

    [Test]
    public async Task Deleting_an_account_ends_sessions_and_subscriptions_and_leaves_nothing()
    {
        await Server.BefriendAsync();
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await using (TestClient nurse = await Server.LoginAsync("nurse@localhost/hall"))
            await nurse.SendAsync("<presence to='juliet@localhost' type='subscribe'/>"); // juliet's pending entry, nurse's pending out
        await juliet.SendAsync("<presence to='paris@localhost' type='subscribe'/>"); // paris's pending entry
        await romeo.SendAsync("<message to='juliet@localhost'><body>x</body></message>");
        await romeo.ShowInterestAsync();

        Assert.That(await DeleteAsync(Play.Juliet), Is.True);
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' type='unavailable'/>");
        IReadOnlyList<Element> rest = await romeo.DrainAsync();
        Assert.That(rest.Where(stanza => stanza.LocalName == "presence").Select(stanza => stanza["type"]), Is.EquivalentTo(new[] { "unsubscribe", "unsubscribed" }));
        Assert.That(Xml.Mismatch(Xml.Parse("<iq type='set'><query xmlns='jabber:iq:roster'><item jid='juliet@localhost' subscription='none'/></query></iq>"), rest[^1]), Is.Null);
        await juliet.DisconnectAsync();
        Assert.That(juliet.Session.Outbox.CloseReason, Is.EqualTo(StreamError.NotAuthorized));
        await romeo.ExpectNothingAsync();

        Jid gone = Jid.Parse(Play.Juliet);
        Assert.That(await Server.Engine.ReadLogAsync(InboxStore.Log, gone, new LogQuery()), Is.Empty);
        Assert.That((await Server.Get<RosterStore>().LoadAsync(gone)).Items, Is.Empty);
        Assert.That(await Server.Engine.GetAsync("presence", gone, "last"), Is.Null);
        Assert.That((await Server.Get<RosterStore>().LoadAsync(Jid.Parse("paris@localhost"))).Items, Is.Empty);
        Assert.That(await Server.Get<Presentities>().AcquireAsync(gone, CancellationToken.None), Is.Null);
        Assert.That(await DeleteAsync(Play.Juliet), Is.False);
    }

    [Test]
    public async Task An_account_made_again_under_the_name_knows_nothing_of_the_old_one()
    {
        await Server.BefriendAsync();
        await using (TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard"))
            await romeo.SendAsync("<message to='juliet@localhost'><body>for the old one</body></message>");
        await DeleteAsync(Play.Juliet);
        await Server.AddAccountsAsync(Play.Juliet);
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/new");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/new'/>");
        await juliet.ExpectNothingAsync();
        Element roster = await juliet.AskAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.That(roster.Children.Single().Children, Is.Empty);
    }

    [Test]
    public async Task What_a_stream_of_a_deleted_account_still_says_changes_nothing()
    {
        await Server.AddAccountsAsync("last@localhost", "witness@localhost");
        TestClient witness = await Server.LoginAsync("witness@localhost/x");
        TestClient last = await Server.LoginAsync("last@localhost/x");
        await Server.Get<AccountRemoval>().DeleteAsync(Protocol.Jid.Parse("last@localhost"), CancellationToken.None);
        await last.SendAsync("<presence to='witness@localhost' type='subscribe'/><presence to='witness@localhost'/>"
            + "<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='witness@localhost'/></query></iq>");
        await witness.ExpectNothingAsync();
        PresenceXml.Storage.Roster stored = await Server.Get<PresenceXml.Storage.RosterStore>().LoadAsync(Protocol.Jid.Parse("last@localhost"));
        Assert.That(stored.Items, Is.Empty);
    }
}
