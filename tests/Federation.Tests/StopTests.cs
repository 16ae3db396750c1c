using System.Net;
using PresenceXml.Federation.Tests.Network;
using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Federation.Tests.Users;

namespace PresenceXml.Federation.Tests;

/// <summary>A server that is told to stop while messages wait for others: who sent them is told, or they arrive.</summary>
[TestFixture(Category = "Own")]
[Interop(Nameserver.Program)]
public sealed class StopTests
{
    [Test]
    public async Task What_waits_for_a_server_that_does_not_answer_comes_back_before_the_stream_ends()
    {
        await using var network = new PeerNetwork();
        var server = (OwnPeer)network.Add(PeerKind.Own, new PeerPlan("two.test", Proving.Dialback));
        IPAddress nobody = network.Addresses.Next();
        int port = Addresses.FreePort(nobody);
        using var hole = new BlackHole(new IPEndPoint(nobody, port));
        network.Names.AddHost("xmpp.dead.test", nobody);
        network.Names.AddService("xmpp-server", "dead.test", "xmpp.dead.test", port);
        await network.StartAsync();
        await server.AddUserAsync("bob");
        await using PeerUser bob = await PeerUser.LoginAsync(server, "bob");
        await bob.SendAsync("<message to='x@dead.test' type='chat' id='m1'><body>anybody there?</body></message>");
        await bob.AskAsync("two.test", "get", "<ping xmlns='urn:xmpp:ping'/>");
        await server.StopAsync();
        await bob.ExpectAsync("the message, back", static next => next["id"] == "m1" && next["type"] == "error" && next.ToString()!.Contains("shutting down", StringComparison.Ordinal));
    }
}
