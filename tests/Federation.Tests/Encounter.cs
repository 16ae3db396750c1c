using PresenceXml.Federation.Tests.Network;
using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Federation.Tests.Users;

namespace PresenceXml.Federation.Tests;

/// <summary>Two servers, alice@one.test on the one and bob@two.test on the other.</summary>
public sealed class Encounter : IAsyncDisposable
{
    private bool endedWell;

    private Encounter(PeerNetwork network, PeerServer one, PeerServer two)
    {
        Network = network;
        One = one;
        Two = two;
    }

    public PeerNetwork Network { get; }
    public PeerServer One { get; }
    public PeerServer Two { get; }

    public static async Task<Encounter> StartAsync(PeerKind one, PeerKind two, Proving proving, bool streamManagement = false, bool cuttable = false)
    {
        var network = new PeerNetwork { IsCuttable = cuttable };
        try
        {
            var encounter = new Encounter(
                network,
                network.Add(one, new PeerPlan("one.test", proving) { StreamManagement = streamManagement }),
                network.Add(two, new PeerPlan("two.test", proving) { StreamManagement = streamManagement }));
            await network.StartAsync();
            await encounter.One.AddUserAsync("alice");
            await encounter.Two.AddUserAsync("bob");
            return encounter;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Logs in and becomes available.</summary>
    public Task<PeerUser> AliceAsync() => OnlineAsync(One, "alice");

    /// <inheritdoc cref="AliceAsync"/>
    public Task<PeerUser> BobAsync() => OnlineAsync(Two, "bob");

    /// <summary>The test has come to its end: what the servers wrote is of no interest.</summary>
    public void EndWell() => endedWell = true;

    public async ValueTask DisposeAsync()
    {
        if (!endedWell) await TestContext.Out.WriteLineAsync(Network.Story());
        await Network.DisposeAsync();
    }

    private static async Task<PeerUser> OnlineAsync(PeerServer server, string name)
    {
        PeerUser user = await PeerUser.LoginAsync(server, name);
        Assert.That((await user.AskAsync(user.Bare, "get", "<query xmlns='jabber:iq:roster'/>"))["type"], Is.EqualTo("result"));
        await user.SendAsync("<presence/>");
        return user;
    }
}
