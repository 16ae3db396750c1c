using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>What the tests of modules say again and again.</summary>
internal static class Answers
{
    /// <summary>An answer as text without what must differ between two askings: the id and the address that answers.</summary>
    public static string Faceless(this Element answer) => answer.With("id", null).With("from", null).ToString();

    /// <summary>The condition of an error answer; null for a result.</summary>
    public static string? Condition(this Element answer) =>
        answer["type"] != "error" ? null : answer.Child(Namespaces.Client, "error")!.Children.First(child => child.Namespace == Namespaces.StanzaErrors && child.LocalName != "text").LocalName;

    public static void ShouldBe(this Element answer, string condition) => Assert.That(answer.Condition(), Is.EqualTo(condition), answer.ToString());

    public static void ShouldBeResult(this Element answer) => Assert.That(answer["type"], Is.EqualTo("result"), answer.ToString());

    public static void ShouldBeDone(this Element answer)
    {
        Assert.That(answer["type"], Is.EqualTo("result"), answer.ToString());
        Assert.That(answer.Nodes, Is.Empty, answer.ToString());
    }

    /// <summary>Makes two accounts of ours subscribe to each other, then takes in what came of it.</summary>
    public static async Task BefriendAsync(this TestServer server, string one, string other)
    {
        TestClient a = await server.LoginAsync(one + "/befriend"), b = await server.LoginAsync(other + "/befriend");
        await a.SendAsync($"<presence type='subscribe' to='{other}'/>");
        await b.SendAsync($"<presence type='subscribed' to='{one}'/><presence type='subscribe' to='{one}'/>");
        await a.SendAsync($"<presence type='subscribed' to='{other}'/>");
        await a.DisconnectAsync();
        await b.DisconnectAsync();
    }
}
