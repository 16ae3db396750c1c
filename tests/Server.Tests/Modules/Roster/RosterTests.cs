using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Roster;

/// <summary>RFC 6121 §2 and the roster's part of §3.</summary>
public sealed class RosterTests : ServerFixture
{
    private const string Ns = "jabber:iq:roster";
    private TestClient romeo = null!;

    protected override void Configure(TestServer.Settings settings) => settings.Options.Limits.RosterItems = 6;

    [SetUp]
    public async Task ConnectAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        romeo = await Server.ConnectAsync("romeo@localhost/orchard");
    }

    private static string Set(string items, string id = "set") => $"<iq type='set' id='{id}'><query xmlns='{Ns}'>{items}</query></iq>";

    private static string Get(string ver = "", string id = "get") => $"<iq type='get' id='{id}'><query xmlns='{Ns}' {ver}/></iq>";

    private static string Push(string item) => $"<iq type='set'><query xmlns='{Ns}'>{item}</query></iq>";

    private static void IsError(Element answer, string condition)
    {
        Assert.That(answer["type"], Is.EqualTo("error"), answer.ToString());
        Assert.That(answer.Children.Single(child => child.LocalName == "error").Child("urn:ietf:params:xml:ns:xmpp-stanzas", condition), Is.Not.Null, answer.ToString());
    }

    [Test, Property("Spec", "O-02,O-10")]
    public async Task An_empty_roster_is_a_query_without_items_but_with_a_version()
    {
        Element answer = await romeo.AskAsync(Get());
        Element query = answer.Child(Ns, "query")!;
        Assert.Multiple(() =>
        {
            Assert.That(answer["type"], Is.EqualTo("result"));
            Assert.That(query.Children, Is.Empty);
            Assert.That(query["ver"], Is.Not.Null.And.Not.Empty);
        });
    }

    [Test, Property("Spec", "O-02")]
    public async Task A_get_with_items_is_a_bad_request() =>
        IsError(await romeo.AskAsync($"<iq type='get' id='g'><query xmlns='{Ns}'><item jid='a@b'/></query></iq>"), "bad-request");

    [Test, Property("Spec", "O-03,O-05,O-06,O-13")]
    public async Task A_set_is_answered_and_pushed_to_every_interested_resource_and_replaces_the_whole_item()
    {
        TestClient other = await Server.ConnectAsync("romeo@localhost/other");
        TestClient uninterested = await Server.ConnectAsync("romeo@localhost/uninterested");
        await romeo.ShowInterestAsync();
        await other.ShowInterestAsync();
        await romeo.SendAsync(Set("<item jid='nurse@localhost' name='Nurse &amp; &lt;friend&gt;'><group>Household</group><group>Verona ❤</group></item>"));
        const string Item = "<item jid='nurse@localhost' name='Nurse &amp; &lt;friend&gt;' subscription='none' ask='' approved=''><group>Household</group><group>Verona ❤</group></item>";
        Element first = await other.ExpectAsync(Push(Item));
        await romeo.ExpectAllAsync("<iq type='result' id='set'/>", Push(Item));
        await uninterested.ExpectNothingAsync();

        await romeo.SendAsync(Set("<item jid='nurse@localhost' name=''/>"));
        Element second = await other.ExpectAsync(Push("<item jid='nurse@localhost' name=''/>"));
        Assert.Multiple(() =>
        {
            Assert.That(second.Children.Single().Children.Single().Children, Is.Empty, "the groups are gone");
            Assert.That(second.Children.Single()["ver"], Is.Not.EqualTo(first.Children.Single()["ver"]));
        });
    }

    [Test, Property("Spec", "O-04")]
    public async Task Ask_approved_and_subscription_of_the_client_are_ignored()
    {
        await romeo.SendAsync(Set("<item jid='nurse@localhost' subscription='both' ask='subscribe' approved='true'/>"));
        await romeo.DrainAsync();
        Element answer = await romeo.AskAsync(Get());
        Assert.That(Xml.Mismatch(Xml.Parse($"<query xmlns='{Ns}'><item jid='nurse@localhost' subscription='none' ask='' approved=''/></query>"), answer.Children.Single()), Is.Null);
    }

    [TestCase("", "bad-request")]
    [TestCase("<item jid='a@localhost'/><item jid='b@localhost'/>", "bad-request")]
    [TestCase("<item/>", "bad-request")]
    [TestCase("<item jid='a@@b'/>", "jid-malformed")]
    [TestCase("<item jid='a@localhost'><group>x</group><group>x</group></item>", "bad-request")]
    [TestCase("<item jid='a@localhost'><group/></item>", "not-acceptable")]
    [TestCase("<item jid='a@localhost' subscription='remove'/>", "item-not-found")]
    [TestCase("<item jid='romeo@localhost'/>", "not-allowed")]
    [Property("Spec", "O-04,O-07")]
    public async Task A_wrong_set_is_refused(string items, string condition)
    {
        IsError(await romeo.AskAsync(Set(items)), condition);
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "O-07")]
    public async Task Names_and_groups_that_are_too_long_are_not_acceptable()
    {
        string endless = new('x', 1024);
        IsError(await romeo.AskAsync(Set($"<item jid='a@localhost' name='{endless}'/>")), "not-acceptable");
        IsError(await romeo.AskAsync(Set($"<item jid='a@localhost'><group>{endless}</group></item>")), "not-acceptable");
    }

    [Test, Property("Spec", "O-07")]
    public async Task A_full_roster_takes_changes_but_no_more_items()
    {
        for (int i = 0; i < 6; i++)
            Assert.That((await romeo.AskAsync(Set($"<item jid='c{i}@localhost'/>")))["type"], Is.EqualTo("result"));
        IsError(await romeo.AskAsync(Set("<item jid='c6@localhost'/>")), "resource-constraint");
        Assert.That((await romeo.AskAsync(Set("<item jid='c5@localhost' name='x'/>")))["type"], Is.EqualTo("result"));
    }

    [TestCase("get")]
    [TestCase("set")]
    [Property("Spec", "O-01,D-07")]
    public async Task The_roster_of_another_is_forbidden_whether_or_not_there_is_one(string type)
    {
        foreach (string target in new[] { "juliet@localhost", "nobody@localhost" })
            IsError(await romeo.AskAsync($"<iq type='{type}' id='x' to='{target}'><query xmlns='{Ns}'><item jid='a@b'/></query></iq>"), "forbidden");
    }

    [Test, Property("Spec", "O-08")]
    public async Task Removing_a_contact_ends_both_subscriptions()
    {
        await Server.BefriendAsync();
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await juliet.ShowInterestAsync();
        await romeo.SendAsync("<presence/>");
        await romeo.ShowInterestAsync();
        await juliet.DrainAsync();
        await romeo.SendAsync(Set("<item jid='juliet@localhost' subscription='remove'/>"));
        await romeo.ExpectAllAsync(
            Push("<item jid='juliet@localhost' subscription='remove'/>"),
            "<presence from='juliet@localhost/balcony' type='unavailable'/>",
            "<iq type='result' id='set'/>");
        await romeo.ExpectNothingAsync();
        await juliet.ExpectAsync("<presence from='romeo@localhost/orchard' type='unavailable'/>");
        await juliet.ExpectAsync("<presence from='romeo@localhost' to='juliet@localhost' type='unsubscribe'/>");
        await juliet.ExpectAsync(Push("<item jid='romeo@localhost' subscription='to'/>"));
        await juliet.ExpectAsync("<presence from='romeo@localhost' to='juliet@localhost' type='unsubscribed'/>");
        await juliet.ExpectAsync(Push("<item jid='romeo@localhost' subscription='none'/>"));
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "O-11")]
    public async Task A_known_version_gets_an_empty_result_and_the_changes_in_order()
    {
        await romeo.SendAsync(Set("<item jid='a@localhost'/>") + Set("<item jid='b@localhost'/>") + Set("<item jid='c@localhost'/>"));
        await romeo.DrainAsync();
        string version = (await romeo.AskAsync(Get())).Children.Single()["ver"]!;

        await using TestClient second = await Server.ConnectAsync("romeo@localhost/second");
        Element unchanged = await second.AskAsync(Get($"ver='{version}'"));
        Assert.That(unchanged.Children, Is.Empty, "no query at all (Trap 9)");
        await second.ExpectNothingAsync();

        await second.SendAsync(Set("<item jid='b@localhost' name='Bee'/>") + Set("<item jid='a@localhost' subscription='remove'/>") + Set("<item jid='d@localhost'/>"));
        await using TestClient third = await Server.ConnectAsync("romeo@localhost/third");
        Element changed = await third.AskAsync(Get($"ver='{version}'"));
        Assert.That(changed.Children, Is.Empty);
        Element[] pushes =
        [
            await third.ExpectAsync(Push("<item jid='b@localhost' name='Bee'/>")),
            await third.ExpectAsync(Push("<item jid='a@localhost' subscription='remove'/>")),
            await third.ExpectAsync(Push("<item jid='d@localhost'/>")),
        ];
        await third.ExpectNothingAsync();
        Assert.That(pushes.Select(push => push.Children.Single()["ver"]), Is.Unique);
        Element last = await third.AskAsync(Get($"ver='{pushes[^1].Children.Single()["ver"]}'"));
        Assert.That(last.Children, Is.Empty);
    }

    [TestCase("")]
    [TestCase("no such version")]
    [TestCase("forged-0")]
    [Property("Spec", "O-11")]
    public async Task An_unknown_version_gets_the_whole_roster(string version)
    {
        await romeo.SendAsync(Set("<item jid='a@localhost'/>"));
        await romeo.DrainAsync();
        Element answer = await romeo.AskAsync(Get($"ver='{version}'"));
        Assert.That(answer.Child(Ns, "query")!.Children.Single()["jid"], Is.EqualTo("a@localhost"));
    }

    [Test, Property("Spec", "O-11,O-13")]
    public async Task A_roster_and_its_version_outlive_a_restart()
    {
        await romeo.SendAsync(Set("<item jid='a@localhost' name='A'><group>g</group></item>") + Set("<item jid='b@localhost'/>") + Set("<item jid='b@localhost' subscription='remove'/>"));
        await romeo.DrainAsync();
        string version = (await romeo.AskAsync(Get())).Children.Single()["ver"]!;
        await Server.RestartAsync();
        TestClient again = await Server.ConnectAsync("romeo@localhost/orchard");
        Assert.That((await again.AskAsync(Get($"ver='{version}'"))).Children, Is.Empty);
        Element whole = await again.AskAsync(Get());
        Assert.That(Xml.Mismatch(Xml.Parse($"<query xmlns='{Ns}' ver='{version}'><item jid='a@localhost' name='A'><group>g</group></item></query>"), whole.Children.Single()), Is.Null, whole.ToString());
    }

    [Test, Property("Spec", "O-12")]
    public async Task A_set_and_a_subscribe_give_the_same_in_either_order()
    {
        const string Subscribe = "<presence to='{0}' type='subscribe'/>";
        await romeo.SendAsync(Set("<item jid='a@localhost' name='N'><group>g</group></item>") + "<presence to='a@localhost' type='subscribe'/>");
        await romeo.SendAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Subscribe, "b@localhost") + Set("<item jid='b@localhost' name='N'><group>g</group></item>"));
        await romeo.DrainAsync();
        Element roster = (await romeo.AskAsync(Get())).Children.Single();
        foreach (Element item in roster.Children)
            Assert.That(Xml.Mismatch(Xml.Parse($"<item xmlns='{Ns}' name='N' subscription='none' ask='subscribe'><group>g</group></item>"), item), Is.Null);
        Assert.That(roster.Children.Count(), Is.EqualTo(2));
    }

    [Test, Property("Spec", "O-09,R-14")]
    public async Task Answers_to_a_push_are_ignored()
    {
        await romeo.ShowInterestAsync();
        await romeo.SendAsync(Set("<item jid='a@localhost'/>"));
        Element push = (await romeo.DrainAsync()).Single(stanza => stanza["type"] == "set");
        await romeo.SendAsync($"<iq type='error' id='{push["id"]}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq><iq type='result' id='{push["id"]}'/>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "O-05")]
    public async Task A_roster_that_is_read_while_it_changes_is_followed_by_what_it_does_not_hold()
    {
        for (int round = 0; round < 30; round++)
        {
            await using TestClient reader = await Server.ConnectAsync("romeo@localhost/reader");
            Task change = Task.WhenAll(Task.Yield().GetAwaiterTask(), romeo.SendAsync(Set($"<item jid='a@localhost' name='n{round}'/>")));
            await reader.SendAsync(Get());
            await change;
            IReadOnlyList<Element> got = await reader.DrainAsync();
            string? name = null;
            Assert.That(got[0]["type"], Is.EqualTo("result"));
            foreach (Element stanza in got)
                name = stanza.Children.Single().Children.FirstOrDefault()?["name"] ?? name;
            Assert.That(name, Is.EqualTo($"n{round}"));
        }
    }
}

internal static class Yielding
{
    /// <summary>Goes on elsewhere, so that what follows runs beside the caller.</summary>
    public static async Task GetAwaiterTask(this System.Runtime.CompilerServices.YieldAwaitable yield) => await yield;
}
