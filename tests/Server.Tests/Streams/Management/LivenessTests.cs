using PresenceXml.Server.Sessions;
using static PresenceXml.Server.Tests.Streams.Management.ManagedClient;

namespace PresenceXml.Server.Tests.Streams.Management;

/// <summary>RFC 6120 §4.6.4 and XEP-0198 §4: a dead line is found by evidence, and nobody is woken without need.</summary>
[CancelAfter(60_000)]
public sealed class LivenessTests
{
    private const string Juliet = "juliet@localhost/sm";

    private static void Advance(StreamHost host, int seconds) => host.Time.Advance(TimeSpan.FromSeconds(seconds));

    [Test, Property("Spec", "S-21")]
    public async Task A_client_that_owes_an_acknowledgement_loses_its_line_and_not_its_session()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet");
        await romeo.SendAsync("<message to='juliet@localhost' id='1'><body>x</body></message>");
        await juliet.ReadToAsync("<r ");
        ClientSession session = host.Session(Juliet)!;
        Advance(host, 30);
        Assert.That(line.Aborted.Task.IsCompleted, Is.False);
        Advance(host, 2);
        await line.Aborted.Task;
        await host.EndedAsync(line);
        (TestClient back, string answer) = await host.ResumeAsync("juliet", id, 1);
        Assert.That(answer, Does.StartWith("<resumed "));
        await back.ReadToAsync("id='1'");
    }

    [Test, Property("Spec", "S-21")]
    public async Task Who_still_sends_may_owe_it_longer_but_not_for_ever()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        (TestClient juliet, _, PipePair line) = await host.ManageAsync("juliet");
        await romeo.SendAsync("<message to='juliet@localhost' id='1'><body>x</body></message>");
        await juliet.ReadToAsync("<r ");
        for (int i = 0; i < 11; i++)
        {
            Advance(host, 10);
            await juliet.FenceAsync();
        }
        Assert.That(line.Aborted.Task.IsCompleted, Is.False);
        Advance(host, 12);
        await line.Aborted.Task;
    }

    [Test, Property("Spec", "S-21")]
    public async Task A_silent_client_that_owes_nothing_is_asked_late_by_a_request()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient juliet, _, PipePair line) = await host.ManageAsync("juliet");
        Advance(host, 290);
        Assert.That(await juliet.FenceAsync(), Is.Empty);
        Advance(host, 301);
        Assert.That(await juliet.ReadToAsync("/>"), Is.EqualTo($"<r {Sm}/>"));
        await juliet.SendAsync($"<a {Sm} h='1'/>");
        await juliet.FenceAsync();
        Advance(host, 200);
        Assert.That(line.Aborted.Task.IsCompleted, Is.False);
        Assert.That(await juliet.FenceAsync(), Is.Empty);
        Advance(host, 301);
        await juliet.ReadToAsync("/>");
        Advance(host, 31);
        await line.Aborted.Task;
    }

    [Test, Property("Spec", "S-21")]
    public async Task Without_stream_management_who_was_sent_a_message_is_asked_soon()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        (TestClient juliet, _) = await host.LoginAsync("juliet", "plain");
        await juliet.SendAsync("<presence/>");
        await juliet.ReadToAsync("<presence ");
        Advance(host, 20);
        await romeo.SendAsync("<message to='juliet@localhost' id='1'><body>x</body></message>");
        await juliet.ReadToAsync("id='1'");
        Advance(host, 14);
        Assert.That(await juliet.FenceByIqAsync(), Does.Not.Contain("<ping"));
        // It has said something since: there is no more need to ask.
        Advance(host, 60);
        Assert.That(await juliet.FenceByIqAsync(), Does.Not.Contain("<ping"));
        await romeo.SendAsync("<iq type='result' id='alive'/><message to='juliet@localhost' id='2'><body>x</body></message>");
        await juliet.ReadToAsync("id='2'");
        Advance(host, 1);
        Advance(host, 16);
        await juliet.ReadToAsync("<ping ");
        // Further messages do not put off what becomes of it.
        await romeo.SendAsync("<message to='juliet@localhost' id='3'><body>x</body></message>");
        await juliet.ReadToAsync("id='3'");
        Advance(host, 15);
        await romeo.SendAsync("<message to='juliet@localhost' id='4'><body>x</body></message>");
        await juliet.ReadToAsync("id='4'");
        Advance(host, 15);
        Assert.That(await juliet.ReadToAsync("</stream:stream>"), Does.Contain("<connection-timeout "));
    }

    [Test, Property("Spec", "S-21")]
    public async Task A_client_that_nobody_looks_at_is_not_asked_again()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        (TestClient juliet, _, _) = await host.ManageAsync("juliet");
        await juliet.SendAsync("<inactive xmlns='urn:xmpp:csi:0'/>");
        await romeo.SendAsync("<message to='juliet@localhost' id='1'><body>x</body></message>");
        await juliet.ReadToAsync("<r ");
        await romeo.SendAsync("<message to='juliet@localhost' id='2'><body>x</body></message>");
        await juliet.ReadToAsync("id='2'");
        await juliet.SendAsync($"<a {Sm} h='2'/>");
        // It is here, so it is asked at once what it has; and says that it has not handled that yet.
        await juliet.ReadToAsync("<r ");
        await juliet.SendAsync($"<a {Sm} h='2'/>");
        await juliet.FenceAsync();
        Advance(host, 60);
        Assert.That(await juliet.FenceAsync(), Is.Empty);
        await juliet.SendAsync("<active xmlns='urn:xmpp:csi:0'/>");
        await juliet.FenceAsync();
        Advance(host, 1);
        await juliet.ReadToAsync($"<r {Sm}/>");
    }
}
