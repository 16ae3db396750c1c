using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0050: commands of an account, for its owner.</summary>
public sealed class CommandTests : RemoteFixture
{
    private const string Ns = "http://jabber.org/protocol/commands";
    private const string Node = "urn:x-test#greet";
    private const string Juliet = "juliet@localhost";

    private TestClient juliet = null!;

    protected override void Configure(TestServer.Settings settings)
    {
        base.Configure(settings);
        settings.Modules = [typeof(GreetModule), .. ModuleCatalog.Modules];
    }

    [SetUp]
    public async Task ConnectAsync()
    {
        await Server.AddAccountsAsync(Juliet, "romeo@localhost");
        juliet = await Server.ConnectAsync(Juliet + "/balcony");
    }

    [Test]
    public async Task The_owner_finds_it_at_the_account_and_at_the_server([Values(Juliet, "localhost")] string target)
    {
        Element items = await juliet.AskAsync($"<iq type='get' id='1' to='{target}'><query xmlns='http://jabber.org/protocol/disco#items' node='{Ns}'/></iq>");
        Assert.That(items.Children.Single().Children.Select(item => (item["jid"], item["node"], item["name"])), Does.Contain((target, Node, "Greet")));
        Element info = await juliet.AskAsync($"<iq type='get' id='2' to='{target}'><query xmlns='http://jabber.org/protocol/disco#info' node='{Node}'/></iq>");
        Assert.That(info.ToString(), Does.Contain("command-node").And.Contain("jabber:x:data"));
    }

    [Test]
    public async Task It_asks_step_by_step_and_back([Values(Juliet, "localhost")] string target)
    {
        (string id, Element command) = await ExecuteAsync(target);
        Assert.That(Actions(command), Is.EqualTo("next: next"));
        command = await GoOnAsync(target, id, "next", "<field var='name'><value>Romeo</value></field>");
        Assert.That(Actions(command), Is.EqualTo("complete: prev complete"));
        command = await GoOnAsync(target, id, "prev");
        Assert.That(command.Child(DataForm.Ns, "x")!.ToString(), Does.Contain("Whom?"));
        await GoOnAsync(target, id, "execute", "<field var='name'><value>Paris</value></field>");
        command = await GoOnAsync(target, id, "complete", "<field var='loud'><value>1</value></field>");
        Assert.That(command["status"], Is.EqualTo("completed"));
        Assert.That(command.Child(Ns, "note")!.Text, Is.EqualTo("PARIS!"));
        (await juliet.AskAsync(Command(target, id, "complete"))).ShouldBe("bad-request");
    }

    [Test]
    public async Task What_was_put_in_wrong_is_said_and_asked_again()
    {
        (string id, _) = await ExecuteAsync(Juliet);
        Element command = await GoOnAsync(Juliet, id, "next");
        Assert.That(command["status"], Is.EqualTo("executing"));
        Assert.That(command.Child(Ns, "note")!.Text, Is.EqualTo("Whom?: is to be filled in"));
        command = await GoOnAsync(Juliet, id, "next", "<field var='name'><value>Tybalt</value></field>");
        Assert.That((command["status"], command.Child(Ns, "note")!.Text), Is.EqualTo(("executing", "Not him.")));
        command = await GoOnAsync(Juliet, id, "next", "<field var='name'><value>Romeo</value></field>");
        Assert.That(Actions(command), Is.EqualTo("complete: prev complete"));
    }

    [Test]
    public async Task It_can_be_cancelled()
    {
        (string id, _) = await ExecuteAsync(Juliet);
        Element command = await GoOnAsync(Juliet, id, "cancel");
        Assert.That(command["status"], Is.EqualTo("canceled"));
        Refused(await juliet.AskAsync(Command(Juliet, id, "next")), "bad-request", "bad-sessionid");
    }

    [TestCase("prev", "bad-request", "bad-action")]
    [TestCase("dance", "bad-request", "malformed-action")]
    public async Task Actions_that_make_no_sense_are_refused(string action, string error, string condition)
    {
        (string id, _) = await ExecuteAsync(Juliet);
        Refused(await juliet.AskAsync(Command(Juliet, id, action)), error, condition);
        Element command = await GoOnAsync(Juliet, id, "next", "<field var='name'><value>Romeo</value></field>");
        Assert.That(command["status"], Is.EqualTo("executing"), "the command lives");
    }

    [Test]
    public async Task What_never_began_cannot_go_on()
    {
        Refused(await juliet.AskAsync($"<iq type='set' id='1'><command xmlns='{Ns}' node='{Node}' action='next'/></iq>"), "bad-request", "bad-action");
        Refused(await juliet.AskAsync(Command(Juliet, "made-up", "next")), "bad-request", "bad-sessionid");
        (await juliet.AskAsync($"<iq type='set' id='1'><command xmlns='{Ns}' node='urn:x-test#none'/></iq>")).ShouldBe("item-not-found");
        (await juliet.AskAsync($"<iq type='set' id='1'><command xmlns='{Ns}'/></iq>")).ShouldBe("item-not-found");
    }

    [Test]
    public async Task Another_resource_does_not_go_on_with_it()
    {
        (string id, _) = await ExecuteAsync(Juliet);
        TestClient phone = await Server.ConnectAsync(Juliet + "/phone");
        Refused(await phone.AskAsync(Command(Juliet, id, "next")), "bad-request", "bad-sessionid");
    }

    [Test]
    public async Task A_form_that_lay_there_for_an_hour_is_forgotten()
    {
        (string id, _) = await ExecuteAsync(Juliet);
        Server.Clock.Advance(TimeSpan.FromMinutes(61));
        Refused(await juliet.AskAsync(Command(Juliet, id, "next")), "not-allowed", "session-expired");
        Refused(await juliet.AskAsync(Command(Juliet, id, "next")), "bad-request", "bad-sessionid");
    }

    [Test]
    public async Task Of_many_that_were_begun_the_oldest_gives_way()
    {
        var ids = new List<string>();
        for (int i = 0; i < 9; i++)
            ids.Add((await ExecuteAsync(Juliet)).Id);
        Refused(await juliet.AskAsync(Command(Juliet, ids[0], "cancel")), "bad-request", "bad-sessionid");
        Assert.That((await GoOnAsync(Juliet, ids[1], "cancel"))["status"], Is.EqualTo("canceled"));
    }

    [Test]
    public async Task Nobody_else_learns_of_it()
    {
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        string[] requests =
        [
            "<iq type='set' id='1' to='{0}'><command xmlns='" + Ns + "' node='" + Node + "'/></iq>",
            "<iq type='get' id='2' to='{0}'><query xmlns='http://jabber.org/protocol/disco#items' node='" + Ns + "'/></iq>",
            "<iq type='get' id='3' to='{0}'><query xmlns='http://jabber.org/protocol/disco#info' node='" + Node + "'/></iq>",
        ];
        foreach (string request in requests)
        {
            string there = (await romeo.AskAsync(string.Format(null, request, Juliet))).ToString().Replace(Juliet, "x", StringComparison.Ordinal);
            string absent = (await romeo.AskAsync(string.Format(null, request, "nobody@localhost"))).ToString().Replace("nobody@localhost", "x", StringComparison.Ordinal);
            Assert.That(there, Is.EqualTo(absent).And.Contain("service-unavailable"));
        }
        // From elsewhere there are none at the server either.
        await Remote.SendAsync($"<iq type='set' id='4' from='{Street}' to='localhost'><command xmlns='{Ns}' node='{Node}'/></iq>");
        Remote.Expect("<iq type='error' id='4'><error><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
        await Remote.SendAsync($"<iq type='get' id='5' from='{Street}' to='localhost'><query xmlns='http://jabber.org/protocol/disco#items' node='{Ns}'/></iq>");
        Remote.Expect("<iq type='error' id='5'><error><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    }

    private async Task<(string Id, Element Command)> ExecuteAsync(string target)
    {
        Element command = (await juliet.AskAsync($"<iq type='set' id='x' to='{target}'><command xmlns='{Ns}' node='{Node}' action='execute'/></iq>")).Children.Single();
        Assert.That(command["status"], Is.EqualTo("executing"));
        return (command["sessionid"]!, command);
    }

    private async Task<Element> GoOnAsync(string target, string id, string action, string? fields = null) =>
        (await juliet.AskAsync(Command(target, id, action, fields))).Children.Single();

    private static string Command(string target, string id, string action, string? fields = null) =>
        $"<iq type='set' id='x' to='{target}'><command xmlns='{Ns}' node='{Node}' sessionid='{id}' action='{action}'><x xmlns='jabber:x:data' type='submit'>{fields}</x></command></iq>";

    private static string Actions(Element command)
    {
        Element actions = command.Child(Ns, "actions")!;
        return $"{actions["execute"]}: {string.Join(' ', actions.Children.Select(action => action.LocalName))}";
    }

    private static void Refused(Element answer, string error, string condition)
    {
        answer.ShouldBe(error);
        Assert.That(answer.Children.Single(child => child.LocalName == "error").Child(Ns, condition), Is.Not.Null, answer.ToString());
    }

    private sealed class GreetModule : IModule
    {
        public void Register(ModuleBuilder module) => module.Command(Node, "Greet", static (_, _) => new(CommandReply.Ask(
            new DataForm("Greet") { Fields = [new FormField("name", FieldType.TextSingle) { Label = "Whom?", IsRequired = true }] },
            static (first, _) => new(first.Form!.Text("name") == "Tybalt" ? CommandReply.Again("Not him.") : CommandReply.Ask(
                new DataForm("How") { Fields = [FormField.Flag("loud", "Loud")] },
                (second, _) => new(CommandReply.Done(second.Form!.Flag("loud") ? first.Form.Text("name").ToUpperInvariant() + "!" : first.Form.Text("name"))))),
            hasMore: true)));
    }
}
