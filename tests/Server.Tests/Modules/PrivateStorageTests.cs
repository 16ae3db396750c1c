using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules.PrivateStorage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0049, with what clients keep there.</summary>
public sealed class PrivateStorageTests : ServerFixture
{
    private const string Bookmarks = "<storage xmlns='storage:bookmarks'><conference name='Kör' jid='a@b'><nick>x&amp;y</nick></conference></storage>";
    private const string Notes = "<storage xmlns='storage:rosternotes'><note jid='romeo@localhost'>a  b</note></storage>";
    private const string Delimiter = "<roster xmlns='roster:delimiter'>::</roster>";
    private TestClient juliet = null!;

    protected override void Configure(TestServer.Settings settings) =>
        settings.ModuleOptions.Set("privateStorage", new PrivateStorageOptions { MaxBytes = 2000, MaxElements = 4 });

    [SetUp]
    public async Task ConnectAsync()
    {
        await Server.AddAccountsAsync("juliet@localhost", "romeo@localhost");
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
    }

    [Test]
    public async Task What_was_never_stored_is_empty()
    {
        await juliet.SendAsync(Get("1", "<storage xmlns='storage:bookmarks'/>"));
        Element answer = await juliet.ExpectAsync("<iq type='result' id='1'><query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query></iq>");
        Assert.That(answer.Children.Single().Children.Single().Nodes, Is.Empty);
    }

    [TestCase(Bookmarks, "<storage xmlns='storage:bookmarks'/>")]
    [TestCase(Notes, "<storage xmlns='storage:rosternotes'/>")]
    [TestCase(Delimiter, "<roster xmlns='roster:delimiter'/>")]
    public async Task What_was_stored_comes_back_as_it_was_also_after_a_crash(string stored, string asked)
    {
        (await juliet.AskAsync(Set("1", stored))).ShouldBeDone();
        await Server.CrashAsync();
        juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        Assert.That((await QueryAsync(asked)).Single().ToString(), Is.EqualTo(Element.Parse(stored).ToString()));
    }

    [Test]
    public async Task Names_and_namespaces_are_kept_apart_and_several_come_together()
    {
        (await juliet.AskAsync(Set("1", Bookmarks + Notes))).ShouldBeDone();
        (await juliet.AskAsync(Set("2", Delimiter))).ShouldBeDone();
        IEnumerable<string> got = (await QueryAsync("<storage xmlns='storage:rosternotes'/><roster xmlns='roster:delimiter'/><roster xmlns='storage:rosternotes'/>")).Select(child => child.ToString());
        Assert.That(got, Is.EqualTo(new[] { Notes, Delimiter, "<roster xmlns='storage:rosternotes'/>" }.Select(xml => Element.Parse(xml).ToString())));
    }

    [Test]
    public async Task Two_elements_of_one_name_in_one_set_are_both_kept()
    {
        (await juliet.AskAsync(Set("1", "<p xmlns='x:y'>1</p><p xmlns='x:y'>2</p>"))).ShouldBeDone();
        Assert.That((await QueryAsync("<p xmlns='x:y'/>")).Select(child => child.Text), Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public async Task A_new_set_replaces_and_an_empty_one_removes()
    {
        (await juliet.AskAsync(Set("1", Bookmarks))).ShouldBeDone();
        (await juliet.AskAsync(Set("2", "<storage xmlns='storage:bookmarks'><url/></storage>"))).ShouldBeDone();
        Assert.That((await QueryAsync("<storage xmlns='storage:bookmarks'/>")).Single().Children.Single().LocalName, Is.EqualTo("url"));
        (await juliet.AskAsync(Set("3", "<storage xmlns='storage:bookmarks'/>"))).ShouldBeDone();
        Assert.That((await QueryAsync("<storage xmlns='storage:bookmarks'/>")).Single().Nodes, Is.Empty);
    }

    [Test]
    public async Task Errors_of_the_specification()
    {
        (await juliet.AskAsync(Get("1", ""))).ShouldBe("bad-request");
        (await juliet.AskAsync(Set("2", ""))).ShouldBe("not-acceptable");
        (await juliet.AskAsync(Set("3", "<x>no namespace of its own</x>"))).ShouldBe("not-acceptable");
        (await juliet.AskAsync(Get("4", "<x/>"))).ShouldBe("not-acceptable");
    }

    [Test]
    public async Task Limits_of_bytes_and_of_names_leave_what_is_there()
    {
        string large = new('x', 1200);
        (await juliet.AskAsync(Set("1", $"<a xmlns='x:1'>{large}</a>"))).ShouldBeDone();
        (await juliet.AskAsync(Set("2", $"<b xmlns='x:1'>{large}</b>"))).ShouldBe("policy-violation");
        // Replacing does not count twice.
        (await juliet.AskAsync(Set("3", $"<a xmlns='x:1'>{large}y</a>"))).ShouldBeDone();
        Assert.That((await QueryAsync("<b xmlns='x:1'/>")).Single().Nodes, Is.Empty);
        (await juliet.AskAsync(Set("4", "<c xmlns='x:1'>1</c><d xmlns='x:1'>1</d><e xmlns='x:1'>1</e>"))).ShouldBeDone();
        (await juliet.AskAsync(Set("5", "<f xmlns='x:1'>1</f>"))).ShouldBe("policy-violation");
        (await juliet.AskAsync(Set("6", "<c xmlns='x:1'/><f xmlns='x:1'>1</f>"))).ShouldBeDone();
    }

    [Test, Property("Spec", "D-08")]
    public async Task Nobody_else_reads_or_writes_and_learns_nothing_by_trying()
    {
        (await juliet.AskAsync(Set("1", Bookmarks))).ShouldBeDone();
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        foreach (string type in new[] { "get", "set" })
        {
            string her = (await romeo.AskAsync($"<iq type='{type}' id='1{type}' to='juliet@localhost'><query xmlns='jabber:iq:private'>{Bookmarks}</query></iq>")).Faceless();
            string nobody = (await romeo.AskAsync($"<iq type='{type}' id='2{type}' to='nobody@localhost'><query xmlns='jabber:iq:private'>{Bookmarks}</query></iq>")).Faceless();
            Assert.That(her, Is.EqualTo(nobody).And.Contain("service-unavailable"));
        }
    }

    private async Task<IEnumerable<Element>> QueryAsync(string asked) =>
        (await juliet.AskAsync(Get("q" + Guid.NewGuid().ToString("N"), asked))).Child("jabber:iq:private", "query")!.Children;

    private static string Get(string id, string children) => $"<iq type='get' id='{id}'><query xmlns='jabber:iq:private'>{children}</query></iq>";

    private static string Set(string id, string children) => $"<iq type='set' id='{id}'><query xmlns='jabber:iq:private'>{children}</query></iq>";
}
