using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>XEP-0359 0.7.0: on whatever path a message comes to a client of an account, it has the one id that the account gave it, and no forged one.</summary>
[Property("Spec", "MA-2,X0359-2,X0359-3,X0359-4,OC-5")]
public sealed class StanzaIdPathTests : ServerFixture
{
    private const string Sid = Namespaces.StanzaId;
    private const string Forged =
        $"<stanza-id xmlns='{Sid}' by='juliet@localhost' id='forged'/><stanza-id xmlns='{Sid}' by='Romeo@localhost' id='forged'/><stanza-id xmlns='{Sid}' by='room@muc.example' id='kept'/><origin-id xmlns='{Sid}' id='o'/>";

    [SetUp]
    public Task AddAccountsAsync() => Server.AddAccountsAsync(Play.Romeo, Play.Juliet);

    [Test]
    public async Task Live_copied_and_archived_it_is_the_same_in_each_account()
    {
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard"), his = await CopiedAsync("romeo@localhost/copy");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony"), hers = await CopiedAsync("juliet@localhost/copy");
        await romeo.SendAsync($"<message to='juliet@localhost/balcony' type='chat' id='m'><body>b</body>{Forged}</message>");
        string id = IdOf(await MessageAsync(juliet), Play.Juliet), own = IdOf(await MessageAsync(his), Play.Romeo);
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(IdOf(await MessageAsync(hers), Play.Juliet), Is.EqualTo(id), "a copy");
            Assert.That(IdOf(await ArchivedAsync(juliet), Play.Juliet), Is.EqualTo(id), "the archive");
            Assert.That(IdOf(await ArchivedAsync(hers), Play.Juliet), Is.EqualTo(id), "the archive, for another resource");
            Assert.That(IdOf(await ArchivedAsync(romeo), Play.Romeo), Is.EqualTo(own), "the archive of the sender");
            Assert.That(own, Is.Not.EqualTo(id));
        });
    }

    [Test]
    public async Task Archived_flooded_and_flooded_again_after_a_restart_it_is_the_same()
    {
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        await romeo.SendAsync($"<message to='juliet@localhost' type='chat' id='m'><body>b</body>{Forged}</message>");
        await romeo.DrainAsync();
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony", reads: false);
        await juliet.SendAsync("<presence/>"); // the flood begins, and is lost with the line
        await juliet.DisconnectAsync();
        await Server.RestartAsync();
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        string id = IdOf(await MessageAsync(juliet), Play.Juliet);
        Assert.That(IdOf(await ArchivedAsync(juliet), Play.Juliet), Is.EqualTo(id));
    }

    private async Task<TestClient> CopiedAsync(string address)
    {
        // No presence: only copies come.
        TestClient client = await Server.ConnectAsync(address);
        await client.SendAsync("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>");
        await client.ExpectAsync("<iq type='result' id='c'/>");
        return client;
    }

    private static async Task<Element> MessageAsync(TestClient client)
    {
        Element message = await client.ExpectAsync("<message/>");
        await client.ExpectNothingAsync();
        return message;
    }

    private static async Task<Element> ArchivedAsync(TestClient client)
    {
        await client.SendAsync("<iq type='set' id='a'><query xmlns='urn:xmpp:mam:2'/></iq>");
        Element result = await client.ExpectAsync("<message><result xmlns='urn:xmpp:mam:2'/></message>");
        await client.ExpectAsync("<iq type='result' id='a'/>");
        Element message = Innermost(result);
        Assert.That(result.Child("urn:xmpp:mam:2", "result")!["id"], Is.EqualTo(message.Children.Single(child => child.Is(Sid, "stanza-id") && child["by"] == client.Address.Bare.ToString())["id"]));
        return result;
    }

    // The one stanza-id in the account's name; nothing forged, nobody else's account, and what is of others still there.
    private static string IdOf(Element stanza, string account)
    {
        Element message = Innermost(stanza);
        Assert.That(stanza.ToString(), Does.Not.Contain("forged"));
        Assert.That(message.Children.Where(child => child.Is(Sid, "stanza-id")).Select(child => child["by"]), Is.EquivalentTo(new[] { account, "room@muc.example" }), stanza.ToString());
        Assert.That(message.Child(Sid, "origin-id")?["id"], Is.EqualTo("o"));
        Element id = message.Children.Single(child => child.Is(Sid, "stanza-id") && child["by"] == account);
        Assert.That(id.Nodes, Is.Empty);
        return id["id"]!;
    }

    private static Element Innermost(Element stanza) =>
        stanza.Children.SelectMany(child => child.Children).FirstOrDefault(child => child.Is("urn:xmpp:forward:0", "forwarded"))?.Child(Namespaces.Client, "message") ?? stanza;
}
