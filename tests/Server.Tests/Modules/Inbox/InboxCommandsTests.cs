using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Inbox;

/// <summary>The inbox by ad-hoc commands, as a client without any idea of it gives them.</summary>
public sealed class InboxCommandsTests : InboxFixture
{
    private const string Commands = "http://jabber.org/protocol/commands";
    private const string Forms = "jabber:x:data";

    protected override void Configure(TestServer.Settings settings)
    {
        base.Configure(settings);
        settings.Options.Inbox.RetentionDays = 30;
    }

    [Test]
    public async Task Boxes_are_counted_and_looked_into_without_a_word_of_what_was_said()
    {
        await SayAsync("first", "second");
        await FileAsync("junk", "offer");
        Element start = await StartAsync("boxes");
        Assert.That(start.ToString(), Does.Contain("inbox: 2 messages, 2 unread, 2 waiting, 1 kilobyte").And.Contain("junk: 1 message, 0 unread, 0 waiting, 1 kilobyte"));
        Element look = await NextAsync("boxes", start, ("box", "inbox"), ("do", "look"));
        Element[] options = [.. Field(look, "which").Children.Where(static child => child.LocalName == "option")];
        Assert.That(options.Select(static option => option.Children.Single().Text), Is.EqualTo(new[] { await IdAsync("second"), await IdAsync("first") }));
        Assert.That(options[0]["label"], Does.Contain(" from romeo@localhost, ").And.EndsWith(", unread, waiting"));
        Assert.That(look.ToString(), Does.Not.Contain("second"));
    }

    [TestCase("delete", "", "1 message deleted."), TestCase("move", "work", "1 message moved to work."), TestCase("move", "Not This", "is no name of a box"), TestCase("move", "", "is no name of a box")]
    [TestCase("none", "", "Nothing was changed.")]
    public async Task Some_are_dealt_with(string what, string to, string said)
    {
        await FileAsync("", "a", "b");
        string note = await ChooseAsync("inbox", ("which", await IdAsync("a")), ("do", what), ("to", to));
        Assert.That(note, Does.Contain(said));
        Assert.That(await BodiesAsync(""), Is.EqualTo(what == "none" || said.StartsWith("is no", StringComparison.Ordinal) ? ["a", "b"] : new[] { "b" }));
        Assert.That(await BodiesAsync("work"), Is.EqualTo(to == "work" ? ["a"] : Array.Empty<string>()));
    }

    [Test]
    public async Task Some_are_marked()
    {
        await FileAsync("", "a", "b");
        Assert.That(await ChooseAsync("inbox", ("which", await IdAsync("a")), ("do", "unread"), ("to", "")), Is.EqualTo("1 message marked."));
        Assert.That((await BoxAsync("inbox"))["unread"], Is.EqualTo("1"));
        Assert.That(await ChooseAsync("inbox", ("which", await IdAsync("a")), ("do", "read"), ("to", "")), Is.EqualTo("1 message marked."));
        Assert.That((await BoxAsync("inbox"))["unread"], Is.EqualTo("0"));
    }

    [TestCase("empty", true, 1), TestCase("everything", true, 0), TestCase("empty", false, 2), TestCase("everything", false, 2)]
    public async Task A_box_or_everything_is_deleted_by_who_is_sure(string what, bool sure, int left)
    {
        await FileAsync("", "a");
        await FileAsync("junk", "b");
        Element confirm = await NextAsync("boxes", await StartAsync("boxes"), ("box", "junk"), ("do", what));
        Assert.That(confirm.ToString(), Does.Contain(what == "empty" ? "1 message. It cannot be undone." : "2 messages. It cannot be undone."));
        await NextAsync("boxes", confirm, ("sure", sure ? "1" : "0"));
        Assert.That(await LogAsync(), Has.Length.EqualTo(left));
    }

    [TestCase("7", "Messages are kept for 7 days.", "7"), TestCase("", "Messages are kept for 30 days.", "30"), TestCase("31", "30 days at most", "30"), TestCase("x", "A number of days.", "30")]
    public async Task How_long_messages_are_kept_is_said(string days, string said, string kept)
    {
        Element answer = await NextAsync("retention", await StartAsync("retention"), ("days", days));
        Assert.That(answer.Child(Commands, "note")!.Text, Does.Contain(said));
        Assert.That((await GetAsync("<retention/>"))["days"], Is.EqualTo(kept));
    }

    // Looks into a box and does something to some of it; what is said at the end.
    private async Task<string> ChooseAsync(string box, params (string Name, string Value)[] values)
    {
        Element look = await NextAsync("boxes", await StartAsync("boxes"), ("box", box), ("do", "look"));
        return (await NextAsync("boxes", look, values)).Child(Commands, "note")!.Text;
    }

    private async Task<Element> StartAsync(string command)
    {
        Element answer = await Juliet.AskAsync($"<iq type='set' id='c1' to='{Play.Juliet}'><command xmlns='{Commands}' node='{Ns}#{command}' action='execute'/></iq>");
        answer.ShouldBeResult();
        return answer.Child(Commands, "command")!;
    }

    private async Task<Element> NextAsync(string command, Element form, params (string Name, string Value)[] values)
    {
        var fields = values.Select(static value => new Element(Forms, "field", new XmlAttribute("var", value.Name), new Element(Forms, "value", value.Value)));
        var submit = new Element(Commands, "command", new XmlAttribute("node", $"{Ns}#{command}"), new XmlAttribute("sessionid", form["sessionid"]!),
            new XmlAttribute("action", form.Child(Commands, "actions")!["execute"]!), new Element(Forms, "x", new XmlAttribute("type", "submit"), fields));
        Element answer = await Juliet.AskAsync($"<iq type='set' id='c2' to='{Play.Juliet}'>{submit}</iq>");
        answer.ShouldBeResult();
        return answer.Child(Commands, "command")!;
    }

    private static Element Field(Element command, string name) => command.Child(Forms, "x")!.Children.First(field => field["var"] == name);
}
