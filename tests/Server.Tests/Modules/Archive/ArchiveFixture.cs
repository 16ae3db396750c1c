using PresenceXml.Server.Modules.Archive;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Archive;

/// <summary>An archive with small pages and somebody who writes to its owner.</summary>
public abstract class ArchiveFixture : ServerFixture
{
    /// <summary>Says what there is to find.</summary>
    protected TestClient Romeo { get; private set; } = null!;

    /// <summary>Has the archive.</summary>
    protected TestClient Juliet { get; set; } = null!;

    protected override void Configure(TestServer.Settings settings)
    {
        settings.Options.Inbox.RetentionDays = 30;
        settings.ModuleOptions.Set("archive", new ArchiveOptions { PageMessages = 5, LargestPage = 20, PageBytes = 20000 });
    }

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet, "tybalt@localhost");
        Romeo = await Server.LoginAsync("romeo@localhost/orchard");
        Juliet = await Server.LoginAsync("juliet@localhost/balcony");
    }

    /// <summary>Romeo writes so many messages, a second between each and the next.</summary>
    protected async Task SayAsync(int count, string to = Play.Juliet)
    {
        for (int i = 0; i < count; i++)
        {
            await Romeo.SendAsync($"<message to='{to}' type='chat' id='m{i}'><body>{i}</body></message>");
            Server.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await Romeo.ExpectNothingAsync();
        await Juliet.DrainAsync();
    }
}
