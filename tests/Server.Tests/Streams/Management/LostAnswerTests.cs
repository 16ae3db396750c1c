using static PresenceXml.Server.Tests.Streams.Management.ManagedClient;

namespace PresenceXml.Server.Tests.Streams.Management;

/// <summary>Answers that are being given when the line dies: they go into the outbox without waiting for room, but not without end.</summary>
[CancelAfter(60_000)]
public sealed class LostAnswerTests
{
    [Test, Property("Spec", "XEP-0013")]
    public async Task A_whole_inbox_is_not_read_into_memory_for_a_line_that_is_gone()
    {
        const int Messages = 100;
        await using StreamHost host = await StreamHost.StartAsync(options =>
        {
            options.Limits.OutboxBytes = 65536;
            options.StreamManagement.WindowBytes = 16384;
        });
        (TestClient romeo, _) = await host.LoginAsync("romeo");
        string body = new('x', 10_000);
        for (int i = 0; i < Messages; i++) await romeo.SendAsync($"<message to='juliet@localhost' id='{i}' type='chat'><body>{body}</body></message>");
        await romeo.FenceByIqAsync();
        (TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet", presence: "");
        await juliet.SendAsync("<iq type='get' id='all'><offline xmlns='http://jabber.org/protocol/offline'><fetch/></offline></iq>");
        await juliet.ReadToAsync("<message ");
        // Nothing is read while an answer waits for room, so it is the acknowledgement that tells that nobody is there.
        host.Time.Advance(TimeSpan.FromSeconds(1));
        host.Time.Advance(TimeSpan.FromSeconds(host.Options.StreamManagement.AckSeconds + 1));
        await host.EndedAsync(line);
        (TestClient back, string answer) = await host.ResumeAsync("juliet", id, 0);
        Assert.That(answer, Does.StartWith("<resumed "));
        string all = "";
        // As much as may be on its way without being acknowledged, several times.
        for (uint h = 0; !all.Contains("id='all'", StringComparison.Ordinal);)
        {
            string more = await back.ReadToAsync("<r ");
            all += more;
            h += (uint)Ids(more).Length;
            await back.SendAsync($"<a {Sm} h='{h}'/>");
        }
        Assert.That(Ids(all), Has.Length.LessThan(Messages));
        Assert.That(all, Does.Contain("<resource-constraint "));
    }
}
