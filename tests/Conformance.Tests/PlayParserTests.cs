using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Tests;

public class PlayParserTests
{
    private const string Head = "# RFC 6121 §3: a rule\n# id: U-01, U-02\n# needs: tls\n[Client] Romeo romeo@{domain}/balcony password=wrong keys=SCRAM-SHA-1\n[Nobody] Ghost ghost@{domain}\n---\n";

    [Test]
    public void The_head_is_read()
    {
        var play = PlayParser.Parse("p", Head + "Romeo connects\n");
        Assert.Multiple(() =>
        {
            Assert.That(play.Title, Is.EqualTo("RFC 6121 §3: a rule"));
            Assert.That(play.Ids, Is.EqualTo(new[] { "U-01", "U-02" }));
            Assert.That(play.Needs, Is.EqualTo(new[] { "tls" }));
            Assert.That(play.Cast, Is.EqualTo(new[]
            {
                new CastMember("Romeo", "romeo", "balcony", "wrong", true, Keys: "SCRAM-SHA-1"),
                new CastMember("Ghost", "ghost", null, null, false),
            }));
            Assert.That(play.Steps.Single().Kind, Is.EqualTo(StepKind.Connects));
        });
    }

    private const string ServersHead = "# RFC 6120 §10.4: a rule\n# id: R-20\n[Client] Romeo romeo@{domain}\n[Server] Verona\n---\n";

    [TestCase("Romeo opens a connection", StepKind.OpensConnection)]
    [TestCase("Romeo opens a direct TLS connection", StepKind.OpensDirectTls)]
    [TestCase("Romeo starts TLS", StepKind.StartsTls)]
    [TestCase("Romeo secures the connection", StepKind.Secures)]
    [TestCase("Romeo opens a stream", StepKind.OpensStream)]
    [TestCase("Romeo logs in", StepKind.LogsIn)]
    [TestCase("Romeo arrives", StepKind.Arrives)]
    [TestCase("Romeo authenticates", StepKind.Authenticates)]
    [TestCase("Romeo authenticates with: <bind xmlns='urn:xmpp:bind:0'/>", StepKind.AuthenticatesWith)]
    [TestCase("Romeo resumes", StepKind.Resumes)]
    [TestCase("Romeo withholds acknowledgements", StepKind.Withholds)]
    [TestCase("Romeo hangs up", StepKind.HangsUp)]
    [TestCase("Romeo binds", StepKind.Binds)]
    [TestCase("Romeo sends: <presence/>", StepKind.Sends)]
    [TestCase("Romeo sends raw: x", StepKind.SendsRaw)]
    [TestCase("Romeo sends piecemeal: x", StepKind.SendsPiecemeal)]
    [TestCase("Romeo receives: <presence/>", StepKind.Receives)]
    [TestCase("Romeo receives exactly: <presence/>", StepKind.ReceivesExactly)]
    [TestCase("Romeo receives in any order:\n    <presence/>\n    <message/>", StepKind.ReceivesInAnyOrder)]
    [TestCase("Romeo receives one of: <presence/><message/>", StepKind.ReceivesOneOf)]
    [TestCase("Romeo receives stream header: <stream:stream id='{any}'>", StepKind.ReceivesHeader)]
    [TestCase("Romeo receives stream error not-authorized or reset", StepKind.ReceivesStreamError)]
    [TestCase("Romeo receives nothing", StepKind.ReceivesNothing)]
    [TestCase("Romeo receives nothing from Ghost", StepKind.ReceivesNothing)]
    [TestCase("Romeo receives nothing for 300 ms", StepKind.ReceivesNothingFor)]
    [TestCase("Romeo ignores: <presence/>", StepKind.Ignores)]
    [TestCase("Romeo may end the play with: <stream:error/>", StepKind.MayEnd)]
    [TestCase("Romeo's stream closes", StepKind.StreamCloses)]
    [TestCase("Romeo's connection closes", StepKind.ConnectionCloses)]
    [TestCase("Romeo closes the stream", StepKind.ClosesStream)]
    [TestCase("Romeo disconnects", StepKind.Disconnects)]
    [TestCase("Romeo drops the line", StepKind.DropsLine)]
    [TestCase("Romeo synchronizes", StepKind.Synchronizes)]
    [TestCase("everybody settles", StepKind.Settles)]
    [TestCase("Romeo is subscribed to Ghost", StepKind.IsSubscribed)]
    [TestCase("Romeo and Ghost are subscribed to each other", StepKind.AreSubscribed)]
    [TestCase("{a} is {b}", StepKind.ValuesEqual)]
    [TestCase("{a} is not {b}", StepKind.ValuesDiffer)]
    public void Every_phrase_is_read(string step, StepKind kind) =>
        Assert.That(PlayParser.Parse("p", Head + step).Steps.Single().Kind, Is.EqualTo(kind));

    [TestCase("Verona connects", StepKind.Connects)]
    [TestCase("Verona opens a connection", StepKind.OpensConnection)]
    [TestCase("Verona accepts a connection", StepKind.AcceptsConnection)]
    [TestCase("Verona accepts a stream", StepKind.AcceptsStream)]
    [TestCase("Verona (in) answers the stream", StepKind.AnswersStream)]
    [TestCase("Verona (in) accepts every claim", StepKind.AcceptsClaims)]
    [TestCase("Verona proves its domain", StepKind.ProvesDomain)]
    [TestCase("Verona (in) secures the connection", StepKind.Secures)]
    [TestCase("Verona goes away", StepKind.GoesAway)]
    [TestCase("Verona (out) receives stream header: <stream:stream id='{any}'>", StepKind.ReceivesHeader)]
    [TestCase("Verona (in) receives: <db:verify/>", StepKind.Receives)]
    [TestCase("Verona (out)'s connection closes", StepKind.ConnectionCloses)]
    [TestCase("Romeo receives nothing from Verona", StepKind.ReceivesNothing)]
    [TestCase("Romeo is subscribed to mercutio@{Verona domain}", StepKind.IsSubscribedToRemote)]
    [TestCase("mercutio@{Verona domain} is subscribed to Romeo", StepKind.RemoteIsSubscribed)]
    [TestCase("Romeo and mercutio@{Verona domain} are subscribed to each other", StepKind.IsSubscribedBothWaysToRemote)]
    public void Every_phrase_of_a_server_is_read(string step, StepKind kind) =>
        Assert.That(PlayParser.Parse("p", ServersHead + step).Steps.Single().Kind, Is.EqualTo(kind));

    [Test]
    public void A_server_is_cast_needs_federation_and_speaks_its_own_content_namespace()
    {
        var play = PlayParser.Parse("p", ServersHead + "Verona receives: <message><body>b</body></message>\nRomeo receives: <message/>");
        Assert.Multiple(() =>
        {
            Assert.That(play.Cast[1], Is.EqualTo(new CastMember("Verona", "Verona", null, null, false, IsServer: true)));
            Assert.That(play.Needs, Is.EqualTo(new[] { Play.Federation }));
            Assert.That(play.Steps[0].Expected[0].Pattern.Child("jabber:server", "body"), Is.Not.Null);
            Assert.That(play.Steps[1].Expected[0].Pattern.Namespace, Is.EqualTo("jabber:client"));
        });
    }

    [TestCase("Romeo accepts a connection", "no [Server]")]
    [TestCase("Romeo (out) sends: <message/>", "no [Server]")]
    [TestCase("Verona binds", "cannot do that")]
    [TestCase("Verona (in) connects", "cannot do that")]
    [TestCase("Verona (out) answers the stream", "cannot do that")]
    [TestCase("Verona (in) opens a stream", "cannot do that")]
    [TestCase("Verona (out) goes away", "cannot do that")]
    [TestCase("Verona receives stream error invalid-from", "which connection")]
    [TestCase("Verona's stream closes", "which connection")]
    [TestCase("Romeo is subscribed to Verona", "not an account")]
    [TestCase("Verona is subscribed to mercutio@{Verona domain}", "has to be")]
    [TestCase("Padua connects", "not in the cast")]
    [TestCase("Verona accepts a stream\nVerona receives: <message/>", "itself")]
    [TestCase("Verona accepts a connection\nVerona connects", "itself")]
    [TestCase("Verona accepts a connection\nVerona proves its domain", "itself")]
    public void What_a_server_cannot_do_is_told_when_the_play_is_read(string steps, string why) =>
        Assert.That(() => PlayParser.Parse("p", ServersHead + steps), Throws.TypeOf<PlaySyntaxException>().With.Message.Contains(why));

    [Test]
    public void A_body_goes_on_over_indented_lines_and_blank_ones()
    {
        var step = PlayParser.Parse("p", Head + "Romeo sends:\n    <a/>\n\n    <b/>\n# a comment\nRomeo connects\n").Steps[0];
        Assert.That(step.Body, Is.EqualTo("<a/>\n\n    <b/>"));
        Assert.That(step.Line, Is.EqualTo(7));
    }

    [Test]
    public void Without_limits_the_element_before_it()
    {
        var expected = PlayParser.Parse("p", Head + "Romeo receives:\n    <message/>\n    without <body/>\n    <presence/>").Steps[0].Expected;
        Assert.That(expected.Select(static each => (each.Pattern.LocalName, each.Without.Count)), Is.EqualTo(new[] { ("message", 1), ("presence", 0) }));
    }

    [TestCase("Romeo dances", 7)]
    [TestCase("Juliet connects", 7)]
    [TestCase("Romeo sends:", 7)]
    [TestCase("Romeo connects: now", 7)]
    [TestCase("Romeo receives: <message>", 7)]
    [TestCase("Romeo receives: nothing at all", 7)]
    [TestCase("   indented", 7)]
    [TestCase("Romeo connects\nRomeo receives nothing from Juliet", 8)]
    public void A_mistake_is_shown_with_its_line(string steps, int line) =>
        Assert.That(() => PlayParser.Parse("p", Head + steps), Throws.TypeOf<PlaySyntaxException>().With.Message.StartsWith($"p:{line}:"));

    [TestCase("# title\n[Client] Romeo romeo@{domain}\n---\nRomeo connects")]
    [TestCase("# id: U-01\n[Client] Romeo romeo@{domain}\n---\nRomeo connects")]
    [TestCase("# title\n# id: U-01\n[Client] Romeo romeo@{domain}\nRomeo connects")]
    [TestCase("# title\n# id: U-01\n[Client] Romeo romeo\n---\nRomeo connects")]
    [TestCase("# title\n# id: U-01\n[Client] Romeo a@{domain}\n[Client] Romeo b@{domain}\n---\nRomeo connects")]
    [TestCase("# title\n# id: U-01\n[Client] Romeo a@{domain}\n---\n")]
    public void A_head_that_lacks_something_is_refused(string text) =>
        Assert.That(() => PlayParser.Parse("p", text), Throws.TypeOf<PlaySyntaxException>());
}
