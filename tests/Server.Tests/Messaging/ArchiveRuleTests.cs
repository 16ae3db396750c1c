using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Modules;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>What a rule keeps out of a log still reaches its recipient, and each side decides about its own log (XEP-0441).</summary>
public sealed class ArchiveRuleTests : ServerFixture
{
    private TestClient romeo = null!;

    protected override void Configure(TestServer.Settings settings) => settings.Modules = [.. ModuleCatalog.Modules, typeof(ForgetfulModule)];

    [SetUp]
    public async Task LoginAsync()
    {
        ForgetfulModule.Forgets = static (_, _) => false;
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
    }

    [Test]
    public async Task Who_keeps_nothing_gets_it_live_and_has_it_nowhere_afterwards()
    {
        ForgetfulModule.Forgets = static (owner, peer) => owner == Play.Juliet && peer == "romeo@localhost/orchard";
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>b</body></message>");
        await juliet.ExpectAsync("<message><body>b</body></message>");
        await Server.RestartAsync();
        Assert.That(await LogAsync(Play.Juliet), Is.Empty);
        Assert.That(await LogAsync(Play.Romeo), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public async Task Who_keeps_nothing_and_is_off_gets_it_also_after_a_restart_and_a_change_of_mind([Values] bool changes)
    {
        ForgetfulModule.Forgets = static (owner, _) => owner == Play.Juliet;
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>b</body></message>");
        await Server.RestartAsync();
        Assert.That((await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Play.Juliet), new LogQuery())).Single().Box, Is.EqualTo(InboxStore.Passing));
        if (changes)
            ForgetfulModule.Forgets = static (_, _) => false;
        TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await juliet.SendAsync("<presence/>");
        await juliet.ExpectAsync("<presence from='juliet@localhost/balcony'/>");
        await juliet.ExpectAsync("<message><body>b</body></message>");
        await juliet.ExpectNothingAsync();
        await Server.RestartAsync();
        Assert.That(await LogAsync(Play.Juliet), Is.Empty);
        Assert.That(await LogAsync(Play.Romeo), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public async Task A_sender_who_keeps_nothing_has_no_copy_and_the_recipient_has_his()
    {
        ForgetfulModule.Forgets = static (owner, peer) => owner == Play.Romeo && peer == "juliet@localhost/balcony";
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync("<message to='juliet@localhost/balcony' type='chat'><body>a</body></message>");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>b</body></message>");
        await juliet.DrainAsync();
        await Server.RestartAsync();
        Assert.That(await LogAsync(Play.Juliet), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(await LogAsync(Play.Romeo), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public async Task A_rule_that_fails_has_the_message_refused()
    {
        ForgetfulModule.Forgets = static (_, _) => throw new InvalidOperationException("the module's bug");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat' id='m'><body>b</body></message>");
        await romeo.ExpectAsync("<message type='error' id='m'><error><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
        Server.Log.Announce(1);
        Assert.That(await LogAsync(Play.Juliet), Is.Empty);
    }

    private async Task<IEnumerable<string?>> LogAsync(string account) =>
        (await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(account), new LogQuery())).Select(entry => StanzaReader.ReadCanonical(entry.Content).Content.Text("body"));

    /// <summary>Keeps out of the archive what the test says.</summary>
    private sealed class ForgetfulModule : IModule
    {
        public static Func<string, string, bool> Forgets { get; set; } = static (_, _) => false;

        public void Register(ModuleBuilder module) => module.OnArchive(static (owner, peer) => !Forgets(owner.Address.ToString(), peer.ToString()));
    }
}
