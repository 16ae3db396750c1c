using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>The table of RFC 6121 §8.5.4 for a sender at another server.</summary>
[Property("Spec", "M-01")]
public sealed class RemoteDeliveryTableTests : RemoteFixture
{
    [TestCaseSource(typeof(DeliveryTableTests), nameof(DeliveryTableTests.Cells))]
    public async Task Cell(DeliveryTableTests.Situation situation, DeliveryTableTests.To to, string type, DeliveryTableTests.Outcome outcome)
    {
        if (situation != DeliveryTableTests.Situation.NoAccount)
            await Server.AddAccountsAsync(Play.Juliet);
        List<TestClient> juliets = [];
        if (situation == DeliveryTableTests.Situation.OnlyNegative)
            juliets.Add(await Server.LoginAsync("juliet@localhost/balcony", "<presence><priority>-1</priority></presence>"));
        if (situation is DeliveryTableTests.Situation.OneResource or DeliveryTableTests.Situation.SeveralResources)
        {
            juliets.Add(await Server.LoginAsync("juliet@localhost/balcony", "<presence><priority>5</priority></presence>"));
            juliets.Add(await Server.LoginAsync("juliet@localhost/tomb", "<presence><priority>-1</priority></presence>"));
        }
        if (situation == DeliveryTableTests.Situation.SeveralResources)
            juliets.Add(await Server.LoginAsync("juliet@localhost/chamber"));
        foreach (TestClient juliet in juliets)
            await juliet.DrainAsync();

        string address = to switch
        {
            DeliveryTableTests.To.Bare => "juliet@localhost",
            DeliveryTableTests.To.Match => "juliet@localhost/balcony",
            _ => "juliet@localhost/gone",
        };
        string message = $"<message from='{Street}' to='{address}' type='{type}' id='m1'><body>Peace? I hate the word</body>{(type == "error" ? Unavailable : "")}</message>";
        await Remote.SendAsync(message);

        if (outcome == DeliveryTableTests.Outcome.Error)
            Remote.Expect($"<message from='{address}' to='{Street}' type='error' id='m1'>{Unavailable}</message>");
        Remote.ExpectNothing();
        string expected = $"<message from='{Street}' to='{address}' type='{type}' id='m1'><body>Peace? I hate the word</body></message>";
        foreach (TestClient juliet in juliets)
        {
            bool gets = outcome == DeliveryTableTests.Outcome.All ? juliet.Session.Priority >= 0
                : outcome == DeliveryTableTests.Outcome.Addressed && juliet.Address.Resource == "balcony";
            if (gets)
                await juliet.ExpectAsync(expected);
            await juliet.ExpectNothingAsync();
        }
        if (situation == DeliveryTableTests.Situation.NoAccount)
            return;
        foreach (TestClient juliet in juliets)
            await juliet.DisconnectAsync();
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        await later.ExpectAsync("<presence from='juliet@localhost/later'/>");
        if (outcome == DeliveryTableTests.Outcome.Stored)
            await later.ExpectAsync(expected.Replace("</message>", "<delay xmlns='urn:xmpp:delay' from='localhost'/></message>", StringComparison.Ordinal));
        await later.ExpectNothingAsync();
    }

    [TestCase("normal", true)]
    [TestCase("chat", true)]
    [TestCase("groupchat", true)]
    [TestCase("headline", false)]
    [TestCase("error", false)]
    [Property("Spec", "R-32,E-04")]
    public async Task A_domain_takes_no_messages(string type, bool isAnswered)
    {
        await Remote.SendAsync($"<message from='{Street}' to='localhost' type='{type}' id='m1'><body>x</body>{(type == "error" ? Unavailable : "")}</message>");
        if (isAnswered)
            Remote.Expect($"<message from='localhost' to='{Street}' type='error' id='m1'>{Unavailable}</message>");
        Remote.ExpectNothing();
    }
}
