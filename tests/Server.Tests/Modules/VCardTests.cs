using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules.VCard;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0054.</summary>
public sealed class VCardTests : ServerFixture
{
    private const string Card = "<vCard xmlns='vcard-temp'><FN>Juliet Capulet</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>AAAA</BINVAL></PHOTO></vCard>";
    private TestClient juliet = null!;
    private TestClient romeo = null!;

    protected override void Configure(TestServer.Settings settings) => settings.ModuleOptions.Set("vcard", new VCardOptions { MaxBytes = 1000 });

    [SetUp]
    public async Task ConnectAsync()
    {
        await Server.AddAccountsAsync("juliet@localhost", "romeo@localhost");
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        romeo = await Server.ConnectAsync("romeo@localhost/orchard");
    }

    [TestCase("")]
    [TestCase(" to='juliet@localhost'")]
    public async Task The_owner_stores_and_reads_also_after_a_crash(string to)
    {
        (await juliet.AskAsync($"<iq type='get' id='1'{to}><vCard xmlns='vcard-temp'/></iq>")).ShouldBe("item-not-found");
        (await juliet.AskAsync($"<iq type='set' id='2'{to}>{Card}</iq>")).ShouldBeDone();
        await Server.CrashAsync();
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        Element answer = await juliet.AskAsync($"<iq type='get' id='3'{to}><vCard xmlns='vcard-temp'/></iq>");
        Assert.That(answer.Children.Single().ToString(), Is.EqualTo(Element.Parse(Card).ToString()));
    }

    [Test]
    public async Task Anybody_reads_nobody_else_writes()
    {
        (await juliet.AskAsync($"<iq type='set' id='1'>{Card}</iq>")).ShouldBeDone();
        Element answer = await romeo.AskAsync("<iq type='get' id='2' to='juliet@localhost'><vCard xmlns='vcard-temp'/></iq>");
        Assert.That(answer["from"], Is.EqualTo("juliet@localhost"));
        Assert.That(answer.Children.Single().ToString(), Is.EqualTo(Element.Parse(Card).ToString()));
        string her = (await romeo.AskAsync($"<iq type='set' id='3' to='juliet@localhost'>{Card}</iq>")).Faceless();
        string nobody = (await romeo.AskAsync($"<iq type='set' id='4' to='nobody@localhost'>{Card}</iq>")).Faceless();
        Assert.That(her, Is.EqualTo(nobody).And.Contain("service-unavailable"));
    }

    [Test, Property("Spec", "D-08")]
    public async Task No_vCard_looks_like_no_account()
    {
        string her = (await romeo.AskAsync("<iq type='get' id='1' to='juliet@localhost'><vCard xmlns='vcard-temp'/></iq>")).Faceless();
        string nobody = (await romeo.AskAsync("<iq type='get' id='2' to='nobody@localhost'><vCard xmlns='vcard-temp'/></iq>")).Faceless();
        Assert.That(her, Is.EqualTo(nobody).And.Contain("service-unavailable"));
    }

    [Test]
    public async Task An_empty_one_removes_and_a_large_one_is_refused()
    {
        (await juliet.AskAsync($"<iq type='set' id='1'>{Card}</iq>")).ShouldBeDone();
        (await juliet.AskAsync($"<iq type='set' id='2'><vCard xmlns='vcard-temp'><DESC>{new string('x', 1000)}</DESC></vCard></iq>")).ShouldBe("policy-violation");
        Assert.That((await juliet.AskAsync("<iq type='get' id='3'><vCard xmlns='vcard-temp'/></iq>")).Children.Single().ToString(), Is.EqualTo(Element.Parse(Card).ToString()));
        (await juliet.AskAsync("<iq type='set' id='4'><vCard xmlns='vcard-temp'/></iq>")).ShouldBeDone();
        (await juliet.AskAsync("<iq type='get' id='5'><vCard xmlns='vcard-temp'/></iq>")).ShouldBe("item-not-found");
    }

    [Test]
    public async Task The_domain_has_one()
    {
        await juliet.SendAsync("<iq type='get' id='1' to='localhost'><vCard xmlns='vcard-temp'/></iq>");
        await juliet.ExpectAsync("<iq type='result' id='1'><vCard xmlns='vcard-temp'><FN>localhost</FN></vCard></iq>");
    }
}
