using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>Access rules by ad-hoc commands, as a client without any idea of them gives them.</summary>
public sealed class AccessCommandsTests : ServerFixture
{
    private const string Ns = "http://jabber.org/protocol/commands";
    private const string Own = "urn:x-presencexml:access:0";

    private TestClient juliet = null!;
    private TestClient romeo = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        await Server.AddAccountsAsync("juliet@localhost", "romeo@localhost");
        await Server.SubscribeAsync("romeo@localhost", "juliet@localhost");
        juliet = await Server.LoginAsync("juliet@localhost/balcony", "<presence><show>away</show><status>With the nurse</status></presence>");
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
    }

    [TestCase("everything", null)]
    [TestCase("no-note", "<presence from='juliet@localhost/balcony'><show>away</show></presence>")]
    [TestCase("available", "<presence from='juliet@localhost/balcony'/>")]
    [TestCase("busy", "<presence from='juliet@localhost/balcony'><show>dnd</show></presence>")]
    [TestCase("offline", "<presence from='juliet@localhost/balcony' type='unavailable'/>")]
    [TestCase("ask", "<presence from='juliet@localhost/balcony' type='unavailable'/>")]
    [TestCase("nothing", "<presence from='juliet@localhost/balcony' type='unavailable'/>")]
    public async Task A_contact_sees_what_was_chosen_and_again_what_he_saw(string what, string? told)
    {
        Assert.That(await ShowAsync("contact", "romeo@localhost", what), Does.StartWith("From now on, romeo@localhost: "));
        if (told is not null)
        {
            Element got = await romeo.ExpectAsync(told);
            Assert.That(got.Children.Count(), Is.EqualTo(Testing.Xml.Parse(told).Children.Count()), got.ToString());
        }
        await romeo.ExpectNothingAsync();
        Assert.That(await ShowAsync("contact", "romeo@localhost", "default"), Does.Contain("no such rule"));
        if (what is not ("everything" or "nothing"))
            await romeo.ExpectAsync("<presence from='juliet@localhost/balcony'><show>away</show><status>With the nurse</status></presence>");
        await romeo.ExpectNothingAsync();
    }

    [TestCase("contact", "localhost", "\"localhost\" is no address of a contact.")]
    [TestCase("domain", "romeo@localhost", "\"romeo@localhost\" is no domain.")]
    [TestCase("group", "", "Which group?")]
    public async Task Whom_it_is_about_is_checked(string whom, string name, string problem) =>
        Assert.That(await ShowAsync(whom, name, "offline"), Is.EqualTo(problem));

    [Test]
    public async Task People_without_a_subscription_can_be_let_see_some()
    {
        await Server.AddAccountsAsync("paris@localhost");
        TestClient paris = await Server.LoginAsync("paris@localhost/hall");
        await paris.SendAsync("<presence type='probe' to='juliet@localhost'/>");
        await paris.ExpectAsync("<presence type='unsubscribed' from='juliet@localhost'/>");
        await ShowAsync("others", "", "available");
        await paris.SendAsync("<presence type='probe' to='juliet@localhost'/>");
        Element got = await paris.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        Assert.That(got.Children, Is.Empty);
    }

    [Test]
    public async Task Rules_are_listed_in_words_and_removed()
    {
        await ShowAsync("contact", "romeo@localhost", "no-note");
        await ShowAsync("group", "Work", "busy");
        await romeo.DrainAsync();
        Element list = await ExecuteAsync("#list");
        Assert.That(list.ToString(), Does.Contain("romeo@localhost: everything but my status text").And.Contain("the group Work: that I am busy"));
        Element done = await SubmitAsync("#list", list["sessionid"]!, "<field var='remove'><value>simple contact romeo@localhost</value></field>");
        Assert.That(Note(done), Is.EqualTo("One rule was removed."));
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony'><show>away</show><status>With the nurse</status></presence>");
        list = await ExecuteAsync("#list");
        Assert.That(list.ToString(), Does.Not.Contain("romeo").And.Contain("the group Work"));
    }

    [Test]
    public async Task Rules_can_be_written_as_text_and_what_is_wrong_is_said()
    {
        Element edit = await ExecuteAsync("#edit");
        Element wrong = await SubmitAsync("#edit", edit["sessionid"]!, "<field var='rules'><value>&lt;ruleset&gt;</value></field>");
        Assert.That(wrong["status"], Is.EqualTo("executing"));
        Assert.That(Note(wrong), Does.StartWith("This is no XML"));
        string rule = "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy'><rule id='mine'><transformations><hide xmlns='" + Own + "'><note/></hide></transformations></rule></ruleset>";
        Element done = await SubmitAsync("#edit", edit["sessionid"]!, $"<field var='rules'><value>{rule.Replace("<", "&lt;", StringComparison.Ordinal)}</value></field>");
        Assert.That(Note(done), Is.EqualTo("The rules are in force."));
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony'><show>away</show></presence>");
        Assert.That((await ExecuteAsync("#list")).ToString(), Does.Contain("mine (made by hand)"));
    }

    private async Task<string> ShowAsync(string whom, string name, string what)
    {
        Element form = await ExecuteAsync("#show");
        Element done = await SubmitAsync("#show", form["sessionid"]!, $"<field var='whom'><value>{whom}</value></field><field var='name'><value>{name}</value></field><field var='what'><value>{what}</value></field>");
        return Note(done);
    }

    private async Task<Element> ExecuteAsync(string node) =>
        (await AskAsync($"<iq type='set' id='x'><command xmlns='{Ns}' node='{Own}{node}' action='execute'/></iq>")).Children.Single();

    private async Task<Element> SubmitAsync(string node, string id, string fields) =>
        (await AskAsync($"<iq type='set' id='x'><command xmlns='{Ns}' node='{Own}{node}' sessionid='{id}'><x xmlns='jabber:x:data' type='submit'>{fields}</x></command></iq>")).Children.Single();

    // Requests that are asked again come in front of the answer.
    private async Task<Element> AskAsync(string xml)
    {
        await juliet.SendAsync(xml);
        return (await juliet.DrainAsync()).Single(stanza => stanza.LocalName == "iq" && stanza["id"] == "x");
    }

    private static string Note(Element command) => command.Child(Ns, "note")!.Text;
}
