using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Rules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>The gate, held at the worst moment: a watcher is being told a presence when a newer one is sent.</summary>
public sealed class GateTests : ServerFixture
{
    private static volatile bool holds;
    private static int told;
    private static TaskCompletionSource release = new();

    /// <summary>Stops the first presence told to Romeo's account between its being read and its being queued.</summary>
    private sealed class Holding : IModule
    {
        public void Register(ModuleBuilder module) => module.OnReceive<Protocol.Stanzas.Presence>(static (in RuleContext<Protocol.Stanzas.Presence> rule) =>
        {
            if (holds && rule.Owner.Address.Local == "romeo" && Interlocked.Increment(ref told) == 1)
                release.Task.Wait();
            return Verdict.Pass;
        });
    }

    protected override void Configure(TestServer.Settings settings) => settings.Modules = [.. settings.Modules, typeof(Holding)];

    [Test]
    public async Task A_newer_presence_waits_until_the_older_one_is_queued()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        await Server.BefriendAsync();
        TestClient juliet = await Server.LoginAsync("juliet@localhost/balcony", "<presence id='older'/>");
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        release = new TaskCompletionSource();
        told = 0;
        holds = true;
        var login = new Thread(() => romeo.SendAsync("<presence/>").GetAwaiter().GetResult()) { IsBackground = true };
        login.Start();
        SpinWait.SpinUntil(() => Volatile.Read(ref told) == 1);
        var newer = new Thread(() => juliet.SendAsync("<presence id='newer'/>").GetAwaiter().GetResult()) { IsBackground = true };
        newer.Start();
        // It stands at the gate, or, were there none, has passed the older one.
        SpinWait.SpinUntil(() => Volatile.Read(ref told) == 2 || newer.ThreadState.HasFlag(ThreadState.WaitSleepJoin) || !newer.IsAlive);
        release.SetResult();
        login.Join();
        newer.Join();
        holds = false;
        Element last = (await romeo.DrainAsync()).Last(stanza => stanza["from"] == "juliet@localhost/balcony");
        Assert.That(last["id"], Is.EqualTo("newer"));
    }
}
