using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;
using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Modules.Archive.ArchiveAsking;

namespace PresenceXml.Server.Tests.Modules.Archive;

/// <summary>Boxes of the inbox are views of the archive: what was put away is shown to who asks for its box, and to nobody else.</summary>
public sealed class ArchiveBoxTests : ServerFixture
{
    private const string Box = "{urn:x-presencexml:inbox:0}box";

    private TestClient juliet = null!;

    [SetUp]
    public async Task FillAsync()
    {
        await Server.AddAccountsAsync("juliet@localhost");
        var batch = new StorageBatch();
        Server.Append(batch, "juliet@localhost", "romeo@localhost", false, Server.Clock.GetUtcNow(), "inbox");
        Server.Append(batch, "juliet@localhost", "spam@example.org", false, Server.Clock.GetUtcNow(), "junk", box: "junk");
        Server.Append(batch, "juliet@localhost", "paris@localhost", false, Server.Clock.GetUtcNow(), "passing", box: InboxStore.Passing);
        await Server.Engine.Commit(batch);
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
    }

    [Test]
    public async Task What_was_put_away_is_shown_in_its_box_alone()
    {
        Assert.That(Bodies(await juliet.QueryAsync()), Is.EqualTo(new[] { "inbox" }));
        Assert.That(Bodies(await juliet.QueryAsync(Form((Box, "junk")))), Is.EqualTo(new[] { "junk" }));
        Assert.That(Bodies(await juliet.QueryAsync(Form((Box, "junk"), ("with", "romeo@localhost")))), Is.Empty);
        Assert.That(Bodies(await juliet.QueryAsync(Form((Box, "")))), Is.EqualTo(new[] { "inbox" }));
        Assert.That(Bodies(await juliet.QueryAsync(Form((Box, "never")))), Is.Empty);
    }

    [Test]
    public async Task What_only_waits_for_its_delivery_is_in_no_box()
    {
        Answer answer = await juliet.QueryAsync(Form((Box, InboxStore.Passing)));
        answer.Iq.ShouldBe("item-not-found");
        Assert.That(answer.Results, Is.Empty);
    }

    [Test]
    public async Task The_form_offers_it()
    {
        Element offer = await juliet.AskAsync($"<iq type='get' id='o'><query xmlns='{Ns}'/></iq>");
        Assert.That(offer.ToString(), Does.Contain(Box));
    }

    private static string[] Bodies(Answer answer) =>
    [
        .. answer.Results.Select(result => result.Children.Single().Child("urn:xmpp:forward:0", "forwarded")!.Children.Single(child => child.LocalName == "message")
            .Children.Single(child => child.LocalName == "body").Text),
    ];
}
