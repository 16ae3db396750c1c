using System.Text.Json.Nodes;

namespace PresenceXml.Interop.Tests;

/// <summary>What the model has and XMPP clients do not know, from a client that knows nothing of it: by ad-hoc commands (docs/commands.md).</summary>
[TestFixture]
[Interop("/usr/bin/profanity", "/usr/bin/tmux", "/usr/lib/python3/dist-packages/slixmpp/__init__.py")]
[Parallelizable(ParallelScope.All)]
public sealed class CommandTests
{
    [Test]
    public async Task From_profanity_a_status_text_is_hidden_from_one_contact_and_strangers_are_filed_away()
    {
        await using ServerProcess server = await ServerProcess.StartAsync();
        foreach (string user in (string[])["alice", "bob", "carol"])
            await server.AddUserAsync(user + "@localhost", "battery staple");
        (SlixmppClient bob, _) = await SlixmppClient.ConnectAsync(server, "bob@localhost", "battery staple");
        await using SlixmppClient watcher = bob;
        await using ProfanityClient alice = await ProfanityClient.ConnectAsync(server, "alice@localhost", "battery staple");
        await alice.TypeAsync("/sub request bob@localhost");
        await alice.ExpectScreenAsync("Received authorization request from bob@localhost");
        await alice.TypeAsync("/sub allow bob@localhost");
        await bob.ExpectAsync("presence", p => (string?)p["type"] == "subscribed");
        await alice.TypeAsync("/status set away \"Writing a letter\"");
        await bob.ExpectAsync("presence", p => (string?)p["type"] == "away" && (string?)p["status"] == "Writing a letter");

        // One contact sees less.
        await alice.TypeAsync("/cmd list");
        await alice.ExpectScreenAsync("urn:x-presencexml:access:0#show");
        await alice.TypeAsync("/cmd exec urn:x-presencexml:access:0#show");
        await alice.ExpectScreenAsync("Form title: What somebody sees of my presence");
        foreach (string field in (string[])["/field1 contact", "/field2 bob@localhost", "/field3 no-note", "/form submit"])
            await alice.TypeAsync(field);
        await bob.ExpectAsync("presence", p => (string?)p["type"] == "away" && string.IsNullOrEmpty((string?)p["status"]));
        await alice.TypeAsync("/win 1");
        await alice.ExpectScreenAsync("From now on, bob@localhost: everything but my status text");
        await alice.TypeAsync("/status set dnd \"Writing still\"");
        JsonObject told = await bob.ExpectAsync("presence", p => (string?)p["type"] == "dnd");
        Assert.That((string?)told["status"], Is.Null.Or.Empty);

        // What strangers write is put away.
        await alice.TypeAsync("/cmd exec urn:x-presencexml:delivery:0#strangers");
        await alice.ExpectScreenAsync("Form title: File strangers' messages away");
        foreach (string field in (string[])["/field1 all", "/field3 on", "/form submit"])
            await alice.TypeAsync(field);
        await alice.TypeAsync("/win 1");
        await alice.ExpectScreenAsync("From now on they lie in the box junk");
        (SlixmppClient carol, _) = await SlixmppClient.ConnectAsync(server, "carol@localhost", "battery staple");
        await using SlixmppClient stranger = carol;
        await carol.DoAsync(new { @do = "message", to = "alice@localhost", body = "buy now" });
        // What was sent before is handled when the server has answered.
        Assert.That(await carol.MessagesUntilPongAsync(), Is.Empty);
        await bob.DoAsync(new { @do = "message", to = "alice@localhost", body = "how do you do" });
        await alice.ExpectScreenAsync("chat message: bob@localhost");
        Assert.That(await alice.ScreenAsync(), Does.Not.Contain("buy now").And.Not.Contain("carol"));

        Assert.That(await server.StopAsync(), Is.Zero, server.Output.Text);
    }

    [Test]
    public async Task From_profanity_a_user_sees_who_watches_her()
    {
        await using ServerProcess server = await ServerProcess.StartAsync();
        foreach (string user in (string[])["alice", "bob", "carol"])
            await server.AddUserAsync(user + "@localhost", "battery staple");
        (SlixmppClient bob, _) = await SlixmppClient.ConnectAsync(server, "bob@localhost", "battery staple");
        await using SlixmppClient watcher = bob;
        await using ProfanityClient alice = await ProfanityClient.ConnectAsync(server, "alice@localhost", "battery staple");
        await alice.TypeAsync("/sub request bob@localhost");
        await alice.ExpectScreenAsync("Received authorization request from bob@localhost");
        await alice.TypeAsync("/sub allow bob@localhost");
        await bob.ExpectAsync("presence", p => (string?)p["type"] == "subscribed");
        (SlixmppClient carol, _) = await SlixmppClient.ConnectAsync(server, "carol@localhost", "battery staple");
        await using SlixmppClient stranger = carol;
        await carol.DoAsync(new { @do = "subscribe", to = "alice@localhost" });
        await alice.ExpectScreenAsync("Received authorization request from carol@localhost");
        await alice.TypeAsync("/cmd exec urn:x-presencexml:watchers:0#who");
        await alice.ExpectScreenAsync("Form title: Who watches me");
        await alice.TypeAsync("/win 1");
        await alice.ExpectScreenAsync("2 watchers, last:");
        await alice.ExpectScreenAsync("bob@localhost: subscriber, active");
        await alice.ExpectScreenAsync("carol@localhost: subscriber, pending");
        TestContext.Out.WriteLine(await alice.ScreenAsync());
        Assert.That(await server.StopAsync(), Is.Zero, server.Output.Text);
    }
}
