using static PresenceXml.Server.Tests.Streams.Management.ManagedClient;

namespace PresenceXml.Server.Tests.Streams.Management;

/// <summary>A message that is written to a client which may not know of its session yet: the line may be dead since it asked for one.</summary>
[CancelAfter(120_000)]
public sealed class FirstWordTests
{
    private const string Juliet = "juliet@localhost/first";

    // A session that has a message on its line, and whose client has said nothing.
    private static async Task<(TestClient Romeo, TestClient Juliet, PipePair Line)> SilentAsync(StreamHost host)
    {
        (TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        var line = new PipePair();
        TestClient juliet = await host.AuthenticateAsync("juliet", line);
        await juliet.BindAsync("first");
        await romeo.SendAsync(Message("1", Juliet));
        await juliet.ReadToAsync("id='1'");
        await juliet.ReadToAsync("</message>");
        return (romeo, juliet, line);
    }

    private static async Task<IReadOnlyList<string>> NextGetsAsync(StreamHost host, TestClient romeo)
    {
        await host.EndedAsync(Juliet);
        await romeo.SendAsync(Message("2", "juliet@localhost"));
        await romeo.FenceByIqAsync();
        (TestClient next, _) = await host.LoginAsync("juliet", "next");
        await next.SendAsync("<presence/>");
        return [.. Ids(await next.ReadToAsync("id='2'") + ">")];
    }

    [TestCase("", new[] { "1", "2" }, TestName = "Who_has_said_nothing_may_have_got_nothing")]
    [TestCase("<iq type='get' id='q'><ping xmlns='urn:xmpp:ping'/></iq>", new[] { "2" }, TestName = "Who_has_said_something_knows_of_its_session")]
    [TestCase("<enable xmlns='urn:xmpp:sm:3'/>", new[] { "1", "2" }, TestName = "Who_wants_to_acknowledge_has_not_yet")]
    [TestCase("<enable xmlns='urn:xmpp:sm:3'/><presence/>", new[] { "1", "2" }, TestName = "What_was_sent_behind_enable_acknowledges_nothing")]
    [TestCase("<enable xmlns='urn:xmpp:sm:3'/><a xmlns='urn:xmpp:sm:3' h='0'/>", new[] { "2" }, TestName = "The_first_acknowledgement_covers_what_came_before_it_was_enabled")]
    public async Task A_line_is_lost(string said, string[] expected)
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, TestClient juliet, PipePair line) = await SilentAsync(host);
        await juliet.SendAsync(said);
        if (said.Contains("enable")) await juliet.FenceAsync();
        else if (said.Length > 0) await juliet.FenceByIqAsync();
        await host.LoseAsync(line);
        Assert.That(await NextGetsAsync(host, romeo), Is.EqualTo(expected));
    }

    [Test]
    public async Task Who_closes_its_stream_knew_of_its_session()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, TestClient juliet, _) = await SilentAsync(host);
        await juliet.SendAsync("</stream:stream>");
        await juliet.ReadToAsync("</stream:stream>");
        Assert.That(await NextGetsAsync(host, romeo), Is.EqualTo(new[] { "2" }));
    }

    [Test]
    public async Task Who_resumes_got_what_came_before_the_name_it_resumes_by()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, TestClient juliet, PipePair line) = await SilentAsync(host);
        string id = await juliet.EnableAsync();
        await host.LoseAsync(line);
        (TestClient back, _) = await host.ResumeAsync("juliet", id, 0);
        await romeo.SendAsync(Message("live", Juliet));
        Assert.That(Ids(await back.ReadToAsync("</message>")), Is.EqualTo(new[] { "live" }));
        await back.SendAsync($"<a {Sm} h='1'/></stream:stream>");
        await back.ReadToAsync("</stream:stream>");
        Assert.That(await NextGetsAsync(host, romeo), Is.EqualTo(new[] { "2" }));
    }
}
