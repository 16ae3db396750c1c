using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Routing;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Sessions;

/// <summary>RFC 6120 §7, the server's choices, and the end of a session.</summary>
public sealed class BindTests : ServerFixture
{
    protected override void Configure(TestServer.Settings settings) => settings.Options.Limits.ResourcesPerAccount = 3;

    [SetUp]
    public Task AddAccountAsync() => Server.AddAccountsAsync(Play.Romeo, Play.Juliet);

    private ValueTask<BindResult> BindAsync(string? resource, string account = Play.Romeo) =>
        Server.Get<SessionBinder>().BindAsync(Jid.Parse(account), resource, CancellationToken.None);

    [Test, Property("Spec", "B-03")]
    public async Task Without_a_wish_the_server_makes_one_up_that_cannot_be_guessed()
    {
        await using TestClient one = await Server.ConnectAsync(Play.Romeo);
        await using TestClient other = await Server.ConnectAsync(Play.Romeo);
        Assert.That(one.Address.Resource, Has.Length.GreaterThanOrEqualTo(16).And.Not.EqualTo(other.Address.Resource));
    }

    [Test, Property("Spec", "B-04")]
    public async Task A_wish_is_normalised_and_an_illegal_one_replaced()
    {
        Assert.That((await BindAsync("orchard")).Session!.Address.ToString(), Is.EqualTo("romeo@localhost/orchard"));
        Assert.That((await BindAsync("\u0000")).Session!.Address.Resource, Has.Length.GreaterThanOrEqualTo(16));
    }

    [Test, Property("Spec", "B-06")]
    public async Task A_taken_resource_gives_the_newcomer_another_and_leaves_the_old_one_alone()
    {
        await using TestClient first = await Server.LoginAsync("romeo@localhost/orchard");
        BindResult second = await BindAsync("orchard");
        Assert.That(second.Session!.Address.ToString(), Does.StartWith("romeo@localhost/orchard-"));
        await first.ExpectNothingAsync();
        Assert.That(first.IsClosed, Is.False);
    }

    [Test, Property("Spec", "B-07,D-02")]
    public async Task Too_many_resources_are_a_resource_constraint_until_one_ends()
    {
        TestClient first = await Server.ConnectAsync(Play.Romeo);
        await Server.ConnectAsync(Play.Romeo);
        await Server.ConnectAsync(Play.Romeo);
        Assert.That((await BindAsync(null)).Error, Is.EqualTo(StanzaError.ResourceConstraint));
        await first.DisconnectAsync();
        Assert.That((await BindAsync(null)).Session, Is.Not.Null);
    }

    [Test]
    public async Task An_account_that_is_gone_is_not_authorized() =>
        Assert.That((await BindAsync(null, "nobody@localhost")).Error, Is.EqualTo(StanzaError.NotAuthorized));

    [Test]
    public async Task Binding_and_ending_at_once_leave_one_presentity_or_none()
    {
        for (int round = 0; round < 200; round++)
        {
            BindResult first = await BindAsync("a");
            Task<BindResult> binding = Task.Factory.StartNew(async () => await BindAsync("b"), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default).Unwrap();
            await Server.Get<SessionBinder>().EndAsync(first.Session!);
            BindResult second = await binding;
            Assert.That(second.Session, Is.Not.Null);
            BindResult third = await BindAsync("c");
            Assert.That(third.Session!.Presentity, Is.SameAs(second.Session!.Presentity), $"round {round}");
            Assert.That(third.Session.Presentity.Sessions, Has.Count.EqualTo(2));
            await Server.Get<SessionBinder>().EndAsync(second.Session);
            await Server.Get<SessionBinder>().EndAsync(third.Session);
        }
        Assert.That(Server.Get<PresenceXml.Server.Presence.Presentities>().Count, Is.Zero);
    }

    [Test]
    public async Task A_session_ends_once_however_often_it_is_told()
    {
        await Server.BefriendAsync();
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await juliet.DrainAsync();
        await romeo.DisconnectAsync();
        await Server.Get<SessionBinder>().EndAsync(romeo.Session);
        await juliet.ExpectAsync("<presence from='romeo@localhost/orchard' type='unavailable'/>");
        await juliet.ExpectNothingAsync();
    }
}
