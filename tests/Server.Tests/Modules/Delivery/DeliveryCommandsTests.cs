using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Delivery;

/// <summary>Delivery rules by ad-hoc commands, as a client without any idea of them gives them.</summary>
public sealed class DeliveryCommandsTests : DeliveryFixture
{
    private const string Commands = "http://jabber.org/protocol/commands";
    private const string Forms = "jabber:x:data";

    private TestClient juliet = null!;

    [SetUp]
    public async Task ConnectAsync() => juliet = await Server.ConnectAsync("juliet@localhost/balcony");

    [TestCase("all", false, "junk"), TestCase("all", true, "junk"), TestCase("links", false, ""), TestCase("deliver", true, "")]
    public async Task Strangers_messages_are_filed_away_and_not_any_more(string what, bool requests, string box)
    {
        await RunAsync("strangers", ("what", what), ("requests", requests ? "1" : "0"), ("local", "0"));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>x</body></message><presence from='{Tybalt}' to='{Juliet}' type='subscribe'/>");
        string[] boxes = [.. (await LogAsync(Juliet)).Select(static entry => entry.Box)];
        Assert.That(boxes, Is.EqualTo(requests && what != "deliver" ? [box, box] : new[] { box }));
        await RunAsync("strangers", ("what", "deliver"));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>http://x.example</body></message>");
        Assert.That((await LogAsync(Juliet))[^1].Box, Is.Empty);
    }

    [Test]
    public async Task Strangers_of_this_server_are_left_alone_unless_chosen([Values] bool local)
    {
        await RunAsync("strangers", ("what", "all"), ("requests", "0"), ("local", local ? "1" : "0"));
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        await romeo.SendAsync($"<message to='{Juliet}' type='chat'><body>x</body></message>");
        Assert.That((await LogAsync(Juliet)).Single().Box, Is.EqualTo(local ? "junk" : ""));
    }

    [Test]
    public async Task An_away_message_answers_and_keeps_the_rules_there_were()
    {
        await RunAsync("away", ("text", "Back on Monday."), ("when", "offline"), ("every", "P7D"), ("strangers", "1"));
        Assert.That(await RulesAsync(), Does.Contain("<rule name='strangers'>").And.Contain("<rule name='away'><my show='offline'/><reply every='P7D' disclose='true'>Back on Monday.</reply></rule>"));
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>x</body></message>");
        await IdleAsync();
        Remote.Expect($"<message to='{Street}'><body>Back on Monday.</body></message>");
        await RunAsync("away", ("text", ""));
        Assert.That(await RulesAsync(), Does.Not.Contain("away"));
    }

    [Test]
    public async Task A_redirect_needs_somebody_who_is_subscribed()
    {
        Assert.That(await RunAsync("redirect", ("to", "nurse@localhost"), ("when", "always"), ("copy", "1")), Does.Contain("nurse@localhost is not subscribed to your presence"));
        Assert.That(await RunAsync("redirect", ("to", Juliet), ("when", "always"), ("copy", "1")), Does.Contain("your own address"));
        await Server.SubscribeAsync("nurse@localhost", Juliet);
        Assert.That(await RunAsync("redirect", ("to", "nurse@localhost"), ("when", "always"), ("copy", "0")), Does.Contain("From now on nurse@localhost gets them"));
        TestClient nurse = await Server.LoginAsync("nurse@localhost/home");
        await Remote.SendAsync($"<message from='{Street}' to='{Juliet}' type='chat'><body>x</body></message>");
        await nurse.ExpectAsync($"<message from='{Juliet}'/>");
        await RunAsync("redirect", ("to", ""));
        Assert.That(await RulesAsync(), Does.Not.Contain("redirect"));
    }

    [Test]
    public async Task Rules_can_be_edited_as_text()
    {
        const string Text = "<demand auth='dialback'/>\n<rule name='a &amp; &lt;b>'>\n  <body contains=\"it's\"/>\n  <fileinto box='junk'/>\n</rule>";
        Assert.That(await RunAsync("edit", ("rules", Text)), Does.Contain("in force"));
        Assert.That(await RulesAsync(), Does.Contain("<demand auth='dialback'/><rule name='a &amp; &lt;b&gt;'>"));
        Assert.That(await RunAsync("edit", ("rules", "<rule name='x'><body matches='('/><keep/></rule>")), Does.Contain("Rule \"x\": <body/>: a ) is missing."));
        Assert.That(await RunAsync("edit", ("rules", "<rule name='x'>")), Does.Contain("no XML"));
        Element form = await StartAsync("edit");
        string shown = string.Join('\n', Field(form, "rules").Children.Select(static value => value.Text));
        Assert.That(await RunAsync("edit", ("rules", shown)), Does.Contain("in force"), shown);
        Assert.That(await RulesAsync(), Does.Contain("contains='it&apos;s'").Or.Contain("it's"));
        Assert.That(await RunAsync("edit", ("rules", "")), Does.Contain("in force"));
        Assert.That(await RulesAsync(), Does.EndWith("<delivery xmlns='urn:x-presencexml:delivery:0' ver='3'/>"));
    }

    [Test]
    public async Task What_was_changed_while_the_text_was_edited_is_not_lost()
    {
        Element first = await StartAsync("edit");
        await SetAsync(Rule("<keep/>", "other"));
        Element answer = await SubmitAsync("edit", first, ("rules", "<rule name='mine'><keep/></rule>"));
        Assert.That(answer["type"], Is.EqualTo("error"));
        Assert.That(await RulesAsync(), Does.Contain("other").And.Not.Contain("mine"));
    }

    private async Task<string> RulesAsync() => (await juliet.AskAsync($"<iq type='get' id='g'><delivery xmlns='{Ns}'/></iq>")).Child(Ns, "delivery")!.ToString();

    // What is said at the end.
    private async Task<string> RunAsync(string command, params (string Name, string Value)[] values)
    {
        Element answer = await SubmitAsync(command, await StartAsync(command), values);
        return answer.Child(Commands, "command")?.Child(Commands, "note")?.Text ?? answer.ToString();
    }

    private async Task<Element> StartAsync(string command)
    {
        Element answer = await juliet.AskAsync($"<iq type='set' id='c1' to='{Juliet}'><command xmlns='{Commands}' node='{Ns}#{command}' action='execute'/></iq>");
        Assert.That(answer["type"], Is.EqualTo("result"), answer.ToString());
        return answer.Child(Commands, "command")!;
    }

    private async Task<Element> SubmitAsync(string command, Element form, params (string Name, string Value)[] values)
    {
        var fields = values.Select(static value => new Element(Forms, "field", new XmlAttribute("var", value.Name), value.Value.Split('\n').Select(static line => new Element(Forms, "value", line))));
        var submit = new Element(Commands, "command", new XmlAttribute("node", $"{Ns}#{command}"), new XmlAttribute("sessionid", form["sessionid"]!), new XmlAttribute("action", "complete"),
            new Element(Forms, "x", new XmlAttribute("type", "submit"), fields));
        return await juliet.AskAsync($"<iq type='set' id='c2' to='{Juliet}'>{submit}</iq>");
    }

    private static Element Field(Element command, string name) => command.Child(Forms, "x")!.Children.First(field => field["var"] == name);
}
