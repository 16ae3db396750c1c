using System.Text.RegularExpressions;
using PresenceXml.Protocol;
using PresenceXml.Server.Tests.Streams;
using PresenceXml.Server.Tests.Streams.Management;
using PresenceXml.Storage;
using static PresenceXml.Server.Tests.Streams.Management.ManagedClient;

namespace PresenceXml.Server.Tests.Modules.Archive;

/// <summary>A page on a line with stream management (XEP-0198): it waits for room, survives the line, and what was acknowledged is delivered.</summary>
[CancelAfter(120_000), Property("Spec", "MA-1,SM-4")]
public sealed partial class ArchiveStreamTests
{
    private const string Juliet = "juliet@localhost/sm";
    private static readonly string[] All = [.. Enumerable.Range(0, 50).Select(i => $"b{i}")];
    private const string Query = "<iq type='set' id='page'><query xmlns='urn:xmpp:mam:2'/></iq>";

    // A page of 50 is more than the outbox takes and more than may be unacknowledged.
    private static Task<StreamHost> StartAsync() => StreamHost.StartAsync(options =>
    {
        options.Limits.OutboxBytes = 10_000;
        options.StreamManagement.WindowStanzas = 10;
    });

    private static async Task SayAsync(StreamHost host, int count)
    {
        (Streams.TestClient romeo, _) = await host.LoginAsync("romeo", "r");
        for (int i = 0; i < count; i++)
            await romeo.SendAsync($"<message to='juliet@localhost' type='chat'><body>b{i}</body></message>");
        await romeo.FenceByIqAsync();
    }

    private static string[] Bodies(string read) => [.. Body().Matches(read).Select(match => match.Groups[1].Value)];

    private static Task<IReadOnlyList<UndeliveredEntry>> UndeliveredAsync(StreamHost host) =>
        host.Get<InboxStore>().ReadUndeliveredAsync(Jid.Parse("juliet@localhost")).AsTask();

    // Reads to the end of a page and says how much it has when it is asked, and not before.
    private static async Task<List<string>> ReadPageAsync(Streams.TestClient client, int handled)
    {
        var bodies = new List<string>();
        while (true)
        {
            string read = await client.ReadToAsync(">");
            if (read.StartsWith("<message", StringComparison.Ordinal))
            {
                bodies.AddRange(Bodies(await client.ReadToAsync("</result></message>")));
                handled++;
            }
            else if (read.StartsWith("<r ", StringComparison.Ordinal))
            {
                await client.SendAsync($"<a {Sm} h='{handled}'/>");
            }
            else if (read == "</iq>")
            {
                await client.SendAsync($"<a {Sm} h='{handled + 1}'/>");
                return bodies;
            }
        }
    }

    [Test]
    public async Task A_page_larger_than_outbox_and_window_comes_whole_and_is_delivered_when_it_is_acknowledged()
    {
        await using StreamHost host = await StartAsync();
        await SayAsync(host, 50);
        // Without presence: nothing comes but the page.
        (Streams.TestClient juliet, _, _) = await host.ManageAsync("juliet", presence: "");
        await juliet.SendAsync(Query);
        string first = await juliet.ReadToAsync("</result></message>");
        Assert.That(await UndeliveredAsync(host), Has.Count.EqualTo(50), "written is not delivered");
        Assert.That(Bodies(first).Concat(await ReadPageAsync(juliet, 1)), Is.EqualTo(All));
        await juliet.FenceAsync();
        await juliet.SendAsync("<presence/>");
        Assert.That(Bodies(await juliet.FenceAsync()), Is.Empty, "what was acknowledged does not come again");
        Assert.That(host.Session(Juliet)!.Presentity.Undelivered.Count, Is.Zero);
    }

    [Test]
    public async Task A_page_whose_line_is_lost_goes_on_with_the_session()
    {
        await using StreamHost host = await StartAsync();
        await SayAsync(host, 50);
        (Streams.TestClient juliet, string id, PipePair line) = await host.ManageAsync("juliet", presence: "");
        await juliet.SendAsync(Query);
        await juliet.ReadToAsync("<body>b3</body>");
        await host.LoseAsync(line);
        (Streams.TestClient back, string answer) = await host.ResumeAsync("juliet", id, 4);
        Assert.That(answer, Does.StartWith("<resumed "));
        if (Attribute(answer, "h") == "1")
        {
            Assert.That(await ReadPageAsync(back, 4), Is.EqualTo(All.Skip(4)));
            return;
        }
        // The line was gone before the query was done with: it does not count as handled, so it is sent again and answered as a whole.
        await back.SendAsync(Query);
        List<string> got = await ReadPageAsync(back, 4);
        Assert.That(got.TakeLast(50), Is.EqualTo(All));
        Assert.That(got.SkipLast(50), Is.EqualTo(All.Skip(4).Take(got.Count - 50)));
    }

    [GeneratedRegex("<body>(b[0-9]+)</body>")]
    private static partial Regex Body();
}
