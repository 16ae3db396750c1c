using PresenceXml.Protocol;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>D4: retention removes the delivered, oldest first, and never what still waits.</summary>
public sealed class InboxRetentionTests : ServerFixture
{
    protected override void Configure(TestServer.Settings settings) => settings.Options.Inbox.RetentionDays = 30;

    [Test, Property("Spec", "D4")]
    public async Task Old_delivered_messages_go_and_old_undelivered_ones_stay()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync($"<message to='{Play.Juliet}' type='chat' id='old'><body>delivered long ago</body></message>");
        await juliet.ExpectAsync("<message><body>delivered long ago</body></message>");
        await juliet.SendAsync("<presence type='unavailable'/>");
        await romeo.SendAsync($"<message to='{Play.Juliet}' type='chat' id='waits'><body>still waiting</body></message>");
        Server.Clock.Advance(TimeSpan.FromDays(20));
        await romeo.SendAsync($"<message to='{Play.Juliet}' type='chat' id='new'><body>young</body></message>");
        await romeo.ExpectNothingAsync(); // the barrier: all of it is durable now

        var retention = Server.Get<InboxRetention>();
        Assert.That(await retention.RunOnceAsync(CancellationToken.None), Is.Zero, "nothing is 30 days old yet");
        Server.Clock.Advance(TimeSpan.FromDays(11));
        Assert.That(await retention.RunOnceAsync(CancellationToken.None), Is.EqualTo(3), "two copies of the sender's, one delivered to the recipient");

        IReadOnlyList<LogEntry> left = await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Juliet), new LogQuery());
        Assert.That(left.Select(entry => (entry.Undelivered, Text(entry))), Is.EqualTo(new[] { (true, "still waiting"), (true, "young") }));
        IReadOnlyList<LogEntry> own = await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Romeo), new LogQuery());
        Assert.That(own.Select(Text), Is.EqualTo(new[] { "young" }));
    }

    private static string? Text(LogEntry entry) => Protocol.Stanzas.StanzaReader.ReadCanonical(entry.Content).Content.Text("body");
}
