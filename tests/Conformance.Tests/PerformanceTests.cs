using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Tests;

/// <summary>A play passes on a server that does as it says, and is seen failing on one that does not.</summary>
public class PerformanceTests
{
    private const string Cast = "# a test\n# id: X\n[Client] Romeo romeo@{domain}\n[Client] Juliet juliet@{domain}\n---\nRomeo connects\nJuliet connects\n";

    private const string TwoMessages = Cast + """
        Romeo sends:     <message to='{Juliet full}' id='1'><body>one</body></message><message to='{Juliet full}' id='2'><body>two</body></message>
        Juliet receives: <message from='{Romeo full}' id='1'><body>one</body></message>
        Juliet receives: <message from='{Romeo full}' id='2'><body>two</body></message>
        """;

    [Test]
    public async Task Passes_when_all_comes_as_written() => Assert.That(await PerformAsync(TwoMessages, static stanza => [stanza]), Is.Null);

    [Test]
    public async Task A_stanza_that_is_dropped_fails() =>
        await AssertFailsAsync(TwoMessages, static stanza => stanza["id"] == "2" ? [] : [stanza], line: 10);

    [Test]
    public async Task A_first_stanza_that_is_dropped_fails() =>
        await AssertFailsAsync(TwoMessages, static stanza => stanza["id"] == "1" ? [] : [stanza], line: 9);

    [Test]
    public async Task A_changed_attribute_fails() =>
        await AssertFailsAsync(TwoMessages, static stanza => [stanza.With("from", "mercutio@example.org/1")], line: 9);

    [Test]
    public async Task A_stanza_addressed_to_another_account_fails_though_the_play_says_nothing_of_it() =>
        await AssertFailsAsync(TwoMessages, static stanza => [stanza.With("to", "mercutio@example.org")], line: 9);

    [Test]
    public async Task An_answer_twice_fails_at_the_next_step() =>
        await AssertFailsAsync(TwoMessages, static stanza => [stanza, stanza], line: 10);

    [Test]
    public async Task An_extra_stanza_at_the_end_fails() =>
        await AssertFailsAsync(TwoMessages, static stanza => stanza["id"] == "2" ? [stanza, stanza] : [stanza], line: 10);

    [Test]
    public async Task A_stanza_to_somebody_else_fails() =>
        await AssertFailsAsync(TwoMessages, static stanza => [stanza, stanza.With("to", stanza["from"])], line: 10);

    [Test]
    public async Task Two_that_change_places_fail()
    {
        Element? held = null;
        await AssertFailsAsync(
            TwoMessages,
            stanza =>
            {
                if (held is null)
                {
                    held = stanza;
                    return [];
                }

                return [stanza, held];
            },
            line: 9);
    }

    [Test]
    public async Task Nothing_is_decided_by_the_fence()
    {
        const string play = Cast + """
            Romeo sends: <message to='{Juliet full}' id='1'/>
            Juliet receives nothing
            """;
        Assert.That(await PerformAsync(play, static _ => []), Is.Null);
        await AssertFailsAsync(play, static stanza => [stanza], line: 9);
    }

    [Test]
    public async Task What_is_ignored_is_as_if_it_had_not_come()
    {
        const string play = Cast + """
            Juliet ignores: <message id='1'/>
            Romeo sends: <message to='{Juliet full}' id='1'/><message to='{Juliet full}' id='2'/>
            Juliet receives: <message id='2'/>
            """;
        Assert.That(await PerformAsync(play, static stanza => [stanza]), Is.Null);
    }

    [Test]
    public async Task A_stream_error_that_does_not_come_fails()
    {
        const string play = Cast + """
            Romeo sends: <message to='{Romeo full}'/>
            Romeo receives stream error not-authorized
            """;
        await AssertFailsAsync(play, static stanza => [stanza], line: 9);
    }

    [Test]
    public async Task A_play_may_end_early_and_else_goes_on()
    {
        const string play = Cast + """
            Romeo sends: <message to='{Juliet full}' id='1'/>
            Juliet may end the play with: <message id='2'/>
            Juliet receives: <message id='1' from='{Romeo full}'/>
            """;
        Assert.That(await PerformToEndAsync(play, static stanza => [stanza]), Is.EqualTo(((Failure?)null, (int?)null)));
        Assert.That(await PerformToEndAsync(play, static stanza => [stanza.With("id", "2")]), Is.EqualTo(((Failure?)null, (int?)9)));
        await AssertFailsAsync(play, static stanza => [stanza.With("id", "3")], line: 10);
    }

    [Test]
    public async Task Any_order_and_one_of()
    {
        const string play = Cast + """
            Romeo sends: <message to='{Juliet full}' id='1'/><message to='{Juliet full}' id='2'/><message to='{Juliet full}' id='3'/>
            Juliet receives in any order:
                <message id='2'/>
                <message id='1'/>
            Juliet receives one of: <presence/><message id='3'/>
            """;
        Assert.That(await PerformAsync(play, static stanza => [stanza]), Is.Null);
        await AssertFailsAsync(play, static stanza => [stanza["id"] == "2" ? stanza.With("id", "9") : stanza], line: 9);
        await AssertFailsAsync(play, static stanza => [stanza["id"] == "3" ? stanza.With("id", "9") : stanza], line: 12);
    }

    private const string Managed = Cast + """
        Romeo sends:     <enable xmlns='urn:xmpp:sm:3' resume='true'/>
        Romeo receives:  <enabled xmlns='urn:xmpp:sm:3' id='{sm}'/>
        Juliet sends:    <message to='{Romeo full}' id='1'/>
        Romeo receives:  <message id='1'/>
        Romeo sends:     <message to='{Juliet full}' id='2'/><r xmlns='urn:xmpp:sm:3'/><message to='{Romeo full}' id='3'/>
        Romeo receives:  <message id='3'/>
        Romeo receives:  <a xmlns='urn:xmpp:sm:3' h='1'/>
        Juliet receives: <message id='2'/>
        """;

    [Test]
    public async Task Acknowledgements_are_given_and_taken_beside_the_stanzas()
    {
        Assert.That(await PerformAsync(Managed, static stanza => [stanza]), Is.Null);
        // One that nobody asked for may come at any time.
        Assert.That(await PerformAsync(Managed, static stanza => stanza.LocalName == "a" ? [stanza.With("h", "0"), stanza] : [stanza]), Is.Null);
        await AssertFailsAsync(Managed, static stanza => stanza.LocalName == "a" ? [] : [stanza], line: 14);
        await AssertFailsAsync(Managed, static stanza => stanza.LocalName == "a" ? [stanza.With("h", "9")] : [stanza], line: 13);
    }

    [Test]
    public async Task A_client_answers_requests_for_acknowledgement_until_it_withholds_them()
    {
        await using var server = new MischievousServer(static stanza => [stanza]);
        server.Start();
        const string play = Cast + """
            Romeo sends:     <enable xmlns='urn:xmpp:sm:3' resume='true'/>
            Romeo receives:  <enabled xmlns='urn:xmpp:sm:3'/>
            Juliet sends:    <message to='{Romeo full}' id='1'/>
            Romeo receives:  <message id='1'/>
            Romeo receives:  <r xmlns='urn:xmpp:sm:3'/>
            Romeo withholds acknowledgements
            Juliet sends:    <message to='{Romeo full}' id='2'/>
            Romeo receives:  <message id='2'/>
            Romeo drops the line
            Romeo resumes
            Juliet sends:    <message to='{Romeo full}' id='3'/>
            Romeo receives:  <message id='3'/>
            """;
        Assert.That(await PerformAsync(server, play), Is.EqualTo(((Failure?)null, (int?)null)));
        Assert.That(server.Acknowledged, Is.EqualTo(new[] { "0" }), "what is asked before the first message");
    }

    private static async Task AssertFailsAsync(string play, Func<Element, IEnumerable<Element>> mischief, int line)
    {
        var failure = await PerformAsync(play, mischief);
        Assert.That(failure?.Line, Is.EqualTo(line), failure?.Problem);
    }

    private static async Task<Failure?> PerformAsync(string text, Func<Element, IEnumerable<Element>> mischief) =>
        (await PerformToEndAsync(text, mischief)).Failure;

    private static async Task<(Failure? Failure, int? EndedAt)> PerformToEndAsync(string text, Func<Element, IEnumerable<Element>> mischief)
    {
        await using var server = new MischievousServer(mischief);
        server.Start();
        return await PerformAsync(server, text);
    }

    private static async Task<(Failure? Failure, int? EndedAt)> PerformAsync(MischievousServer server, string text)
    {
        // Short: here a stanza that is missing shows by the fence behind it or by this.
        var venue = new Venue("127.0.0.1", server.Port, null, "example.org", TlsMode.None, Insecure: true, TimeSpan.FromSeconds(2));
        var play = PlayParser.Parse("test", text);
        var accounts = play.Cast.ToDictionary(static member => member.Local, static member => new Account(member.Local, "example.org", "secret"));
        await using var performance = new Performance(play, venue, accounts);
        return (await performance.PerformAsync(CancellationToken.None), performance.EndedAt?.Line);
    }
}
