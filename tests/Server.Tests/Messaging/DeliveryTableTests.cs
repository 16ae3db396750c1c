using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>RFC 6121 §8.5.4 as the table of its section says, cell by cell: what happens to each type of message in each situation.</summary>
[Property("Spec", "M-01")]
public sealed class DeliveryTableTests : ServerFixture
{
    public enum Situation
    {
        NoAccount,
        NoResource,
        OnlyNegative,
        OneResource,
        SeveralResources,
    }

    public enum To
    {
        Bare,
        Match,
        NoMatch,
    }

    public enum Outcome
    {
        /// <summary>Kept, and delivered when a resource comes.</summary>
        Stored,
        /// <summary>service-unavailable to the sender.</summary>
        Error,
        /// <summary>Dropped, and nobody is told.</summary>
        Silent,
        /// <summary>To the addressed resource only.</summary>
        Addressed,
        /// <summary>To every resource that is not negative.</summary>
        All,
    }

    private static readonly string[] Types = ["normal", "chat", "groupchat", "headline", "error"];

    public static IEnumerable<TestCaseData> Cells()
    {
        const string Stored = "O", Error = "E", Silent = "S", Addressed = "D", All = "A";
        (Situation, To, string[])[] rows =
        [
            (Situation.NoAccount, To.Bare, [Silent, Silent, Error, Silent, Silent]),
            (Situation.NoAccount, To.NoMatch, [Error, Silent, Error, Silent, Silent]),
            (Situation.NoResource, To.Bare, [Stored, Stored, Error, Silent, Silent]),
            (Situation.NoResource, To.NoMatch, [Error, Stored, Error, Silent, Silent]),
            (Situation.OnlyNegative, To.Bare, [Stored, Stored, Error, Silent, Silent]),
            (Situation.OnlyNegative, To.Match, [Addressed, Addressed, Addressed, Addressed, Addressed]),
            (Situation.OnlyNegative, To.NoMatch, [Error, Stored, Error, Silent, Silent]),
            (Situation.OneResource, To.Bare, [All, All, Error, All, Silent]),
            (Situation.OneResource, To.Match, [Addressed, Addressed, Addressed, Addressed, Addressed]),
            (Situation.OneResource, To.NoMatch, [Error, All, Error, Silent, Silent]),
            (Situation.SeveralResources, To.Bare, [All, All, Error, All, Silent]),
            (Situation.SeveralResources, To.Match, [Addressed, Addressed, Addressed, Addressed, Addressed]),
            (Situation.SeveralResources, To.NoMatch, [Error, All, Error, Silent, Silent]),
        ];
        foreach ((Situation situation, To to, string[] outcomes) in rows)
        {
            for (int i = 0; i < Types.Length; i++)
            {
                Outcome outcome = outcomes[i] switch
                {
                    Stored => Outcome.Stored,
                    Error => Outcome.Error,
                    Addressed => Outcome.Addressed,
                    All => Outcome.All,
                    _ => Outcome.Silent,
                };
                yield return new TestCaseData(situation, to, Types[i], outcome).SetName($"{situation}, to {to}, {Types[i]}: {outcome}");
            }
        }
    }

    [TestCaseSource(nameof(Cells))]
    public async Task Cell(Situation situation, To to, string type, Outcome outcome)
    {
        await Server.AddAccountsAsync(Play.Romeo);
        if (situation != Situation.NoAccount)
            await Server.AddAccountsAsync(Play.Juliet);
        TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        List<TestClient> juliets = [];
        if (situation == Situation.OnlyNegative)
        {
            juliets.Add(await Server.LoginAsync("juliet@localhost/balcony", "<presence><priority>-1</priority></presence>"));
        }
        if (situation is Situation.OneResource or Situation.SeveralResources)
        {
            // A resource with a negative priority beside it must never see what goes to the bare JID (M-02).
            juliets.Add(await Server.LoginAsync("juliet@localhost/balcony", "<presence><priority>5</priority></presence>"));
            juliets.Add(await Server.LoginAsync("juliet@localhost/tomb", "<presence><priority>-1</priority></presence>"));
        }
        if (situation == Situation.SeveralResources)
            juliets.Add(await Server.LoginAsync("juliet@localhost/chamber"));
        foreach (TestClient juliet in juliets)
            await juliet.DrainAsync();

        string address = to switch
        {
            To.Bare => "juliet@localhost",
            To.Match => "juliet@localhost/balcony",
            _ => "juliet@localhost/gone",
        };
        string error = type == "error" ? "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>" : "";
        string message = $"<message to='{address}' type='{type}' id='m1'><body>Art thou not Romeo?</body>{error}</message>";
        await romeo.SendAsync(message);

        if (outcome == Outcome.Error)
            await romeo.ExpectAsync($"<message from='{address}' to='romeo@localhost/orchard' type='error' id='m1'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
        await romeo.ExpectNothingAsync();
        string expected = $"<message from='romeo@localhost/orchard' to='{address}' type='{type}' id='m1'><body>Art thou not Romeo?</body></message>";
        foreach (TestClient juliet in juliets)
        {
            bool gets = outcome == Outcome.All ? juliet.Session.Priority >= 0 : outcome == Outcome.Addressed && juliet.Address.Resource == "balcony";
            if (gets)
                await juliet.ExpectAsync(expected);
            await juliet.ExpectNothingAsync();
        }
        if (situation == Situation.NoAccount)
            return;
        foreach (TestClient juliet in juliets)
            await juliet.DisconnectAsync();
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        await later.ExpectAsync("<presence from='juliet@localhost/later'/>");
        if (outcome == Outcome.Stored)
            await later.ExpectAsync($"<message from='romeo@localhost/orchard' to='{address}' type='{type}' id='m1'><body>Art thou not Romeo?</body><delay xmlns='urn:xmpp:delay' from='localhost'/></message>");
        await later.ExpectNothingAsync();
    }
}
