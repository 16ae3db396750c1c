using System.Collections.Concurrent;
using System.Diagnostics;
using PresenceXml.Federation.Tests.Network;
using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Federation.Tests.Scripted;
using PresenceXml.Federation.Tests.Users;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Federation.Bench;

/// <summary>
/// alice@one.test has a contact on each of many domains, some of which are dead: off, or taking connections and saying nothing. How long does a change of her
/// presence take to the live ones?
/// </summary>
/// <param name="kind">The server of alice.</param>
/// <param name="live">Live domains; all are answered by this program.</param>
/// <param name="dead">Dead ones: half of them off, half of them silent.</param>
internal sealed class Contacts(PeerKind kind, int live, int dead) : IAsyncDisposable
{
    private readonly PeerNetwork network = new();
    private readonly ConcurrentDictionary<string, long> seen = new(StringComparer.Ordinal);
    private readonly List<BlackHole> holes = [];
    private readonly SemaphoreSlim writing = new(1);
    private PeerServer server = null!;
    private ScriptedPeer world = null!;
    private PeerUser? alice;
    private TaskCompletionSource complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string awaited = "";

    /// <summary>Makes the subscriptions while all domains live, ends the dead ones and starts the server anew, so that it knows nothing of them.</summary>
    public async Task PrepareAsync()
    {
        server = network.Add(kind, new PeerPlan("one.test", Proving.Dialback));
        string[] living = Domains("live", live), off = Domains("off", dead / 2), silent = Domains("silent", dead - dead / 2);
        world = Add(living);
        ScriptedPeer? leaving = Add(off), falling = Add(silent);
        await network.StartAsync();
        await server.AddUserAsync("alice");
        await using (PeerUser first = await PeerUser.LoginAsync(server, "alice"))
        {
            await first.AskAsync(first.Bare, "get", "<query xmlns='jabber:iq:roster'/>");
            await first.SendAsync("<presence/>");
            foreach ((ScriptedPeer? peer, string[] domains) in ((ScriptedPeer?, string[])[])[(world, living), (leaving, off), (falling, silent)])
                if (peer is not null) await BefriendAsync(first, peer, domains);
        }
        await server.KillAsync();
        if (leaving is not null)
        {
            await leaving.LeaveAsync();
            holes.Add(new BlackHole(leaving.Address));
        }
        if (falling is not null) falling.IsSilent = true;
        world.Arrived = Note;
        await server.RunAsync();
    }

    /// <summary>Logs in, or changes alice's presence, and waits until all live domains were told.</summary>
    /// <returns>How long after the change each of them was told, in milliseconds, ascending.</returns>
    public async Task<double[]> ChangeAsync()
    {
        seen.Clear();
        complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        awaited = Guid.NewGuid().ToString("n");
        alice ??= await PeerUser.LoginAsync(server, "alice");
        long start = Stopwatch.GetTimestamp();
        await alice.SendAsync($"<presence><status>{awaited}</status></presence>");
        await complete.Task.WaitAsync(TimeSpan.FromMinutes(5));
        return [.. seen.Values.Select(at => Stopwatch.GetElapsedTime(start, at).TotalMilliseconds).Order()];
    }

    public async ValueTask DisposeAsync()
    {
        if (alice is not null) await alice.DisposeAsync();
        writing.Dispose();
        foreach (BlackHole hole in holes) hole.Dispose();
        await network.DisposeAsync();
    }

    private static string[] Domains(string name, int count) => [.. Enumerable.Range(1, count).Select(n => $"{name}{n}.test")];

    private ScriptedPeer Add(string[] domains) => network.AddScripted(domains.Length == 0 ? "none.test" : domains[0], CertificateKind.SelfSigned, [.. domains.Skip(1)]);

    // friend@ each domain asks for alice's presence, and she allows it.
    private Task BefriendAsync(PeerUser user, ScriptedPeer peer, string[] domains) =>
        Parallel.ForEachAsync(domains, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (domain, cancel) =>
        {
            await using ScriptedStream stream = await peer.OpenAsync(server);
            await peer.ProveAsync(stream, server, domain);
            await stream.SendAsync($"<presence from='friend@{domain}' to='alice@one.test' type='subscribe'/>");
            await user.ExpectAsync("the request", next => next["type"] == "subscribe" && next["from"] == $"friend@{domain}");
            await writing.WaitAsync(cancel);
            try
            {
                await user.SendAsync($"<presence to='friend@{domain}' type='subscribed'/>");
            }
            finally
            {
                writing.Release();
            }
            await peer.Received.TakeAsync("the approval", next => next["type"] == "subscribed" && next["to"] == $"friend@{domain}", TimeSpan.FromSeconds(30));
        });

    private void Note(Element element)
    {
        if (element.Child("jabber:server", "status")?.Text == awaited && element["to"] is { } to && seen.TryAdd(to, Stopwatch.GetTimestamp()) && seen.Count == live) complete.TrySetResult();
    }
}
