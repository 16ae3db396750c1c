using System.Text.Json.Nodes;

namespace PresenceXml.Interop.Tests;

/// <summary>Two clients that nobody here wrote chat through the server.</summary>
[TestFixture]
[Interop("/usr/bin/profanity", "/usr/bin/tmux", "/usr/lib/python3/dist-packages/slixmpp/__init__.py")]
[Parallelizable(ParallelScope.All)]
public sealed class FirstChatTests
{
    [Test]
    public async Task Profanity_and_slixmpp_add_each_other_see_presence_chat_and_get_offline_messages_once()
    {
        await using ServerProcess server = await ServerProcess.StartAsync();
        await server.AddUserAsync("alice@localhost", "correct horse");
        await server.AddUserAsync("bob@localhost", "battery staple");

        (SlixmppClient bob, JsonObject online) = await SlixmppClient.ConnectAsync(server, "bob@localhost", "battery staple");
        await using SlixmppClient first = bob;
        Assert.That((string?)online["mechanism"], Does.StartWith("SCRAM-"));
        Assert.That(online["features"]!.AsArray().Select(f => (string?)f), Does.Contain("starttls"));
        await using ProfanityClient alice = await ProfanityClient.ConnectAsync(server, "alice@localhost", "correct horse");

        // Subscriptions both ways.
        await alice.TypeAsync("/sub request bob@localhost");
        await bob.ExpectAsync("presence", p => (string?)p["type"] == "subscribe" && (string?)p["from"] == "alice@localhost");
        await alice.ExpectScreenAsync("Received authorization request from bob@localhost");
        await alice.TypeAsync("/sub allow bob@localhost");
        await bob.ExpectAsync("presence", p => (string?)p["type"] == "subscribed");
        await bob.ExpectAsync("presence", p => (string?)p["type"] == "available" && ((string)p["from"]!).StartsWith("alice@localhost/", StringComparison.Ordinal));

        // Presence changes both ways.
        await bob.DoAsync(new { @do = "presence", show = "away", status = "out for tea" });
        await alice.ExpectScreenAsync("bob@localhost.*is away.*out for tea|out for tea");
        await alice.TypeAsync("/status set dnd \"writing\"");
        await bob.ExpectAsync("presence", p => (string?)p["type"] == "dnd" && (string?)p["status"] == "writing");

        // Messages both ways.
        await alice.TypeAsync("/msg bob@localhost hello from alice");
        JsonObject hello = await bob.ExpectAsync("message");
        Assert.That((string?)hello["body"], Is.EqualTo("hello from alice"));
        await bob.DoAsync(new { @do = "message", to = "alice@localhost", body = "hello from bob" });
        await alice.ExpectScreenAsync("hello from bob");

        // Offline, exactly once, in order.
        await bob.DisconnectAsync();
        await alice.ExpectScreenAsync("bob@localhost.*offline");
        await alice.TypeAsync("first while you were away");
        await alice.TypeAsync("second while you were away");
        // An iq that the server answers is answered after both are durable.
        await alice.TypeAsync("/win 1");
        await alice.TypeAsync("/ping");
        await alice.ExpectScreenAsync("Ping response from server");
        (SlixmppClient again, _) = await SlixmppClient.ConnectAsync(server, "bob@localhost", "battery staple");
        await using SlixmppClient second = again;
        IReadOnlyList<JsonObject> offline = await again.MessagesUntilPongAsync();
        Assert.That(offline.Select(m => (string?)m["body"]), Is.EqualTo(new[] { "first while you were away", "second while you were away" }));
        Assert.That(offline.All(m => (bool)m["delayed"]!), "an offline message carries its time");
        await again.DisconnectAsync();
        (SlixmppClient third, _) = await SlixmppClient.ConnectAsync(server, "bob@localhost", "battery staple");
        await using SlixmppClient last = third;
        Assert.That(await third.MessagesUntilPongAsync(), Is.Empty, "no offline message comes twice");

        Assert.That(await server.StopAsync(), Is.Zero, server.Output.Text);
    }
}
