using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Tests;

public class MatcherTests
{
    private Variables variables = null!;
    private Matcher matcher = null!;

    [SetUp]
    public void SetUp()
    {
        variables = new(static name => name switch { "domain" => "example.org", "Romeo full" => "romeo@example.org/x", _ => null });
        matcher = new(variables);
    }

    [TestCase("<message/>", "<message from='a' id='1'><body>x</body></message>", TestName = "What_is_not_listed_is_free")]
    [TestCase("<message id='1'/>", "<message id='1'/>")]
    [TestCase("<message from='{Romeo full}'/>", "<message from='romeo@example.org/x'/>")]
    [TestCase("<message from='{any}@{domain}'/>", "<message from='nurse@example.org'/>")]
    [TestCase("<message from='{absent}'/>", "<message/>")]
    [TestCase("<message from='{absent|{Romeo full}}'/>", "<message/>")]
    [TestCase("<message from='{absent|{Romeo full}}'/>", "<message from='romeo@example.org/x'/>")]
    [TestCase("<message type='{absent|chat|normal}'/>", "<message type='normal'/>")]
    [TestCase("<message type='{chat|normal}'/>", "<message type='normal'/>")]
    [TestCase("<message from='{not {Romeo full}}'/>", "<message from='nurse@example.org'/>")]
    [TestCase("<message><b/><a/></message>", "<message><a/><c/><b/></message>", TestName = "Children_in_any_order")]
    [TestCase("<message><a n='2'/><a n='{any}'/></message>", "<message><a n='1'/><a n='2'/></message>", TestName = "Each_child_by_one_of_its_own")]
    [TestCase("<message><a n='{any}'/><a n='1'/></message>", "<message><a n='1'/><a n='2'/></message>", TestName = "A_greedy_choice_is_taken_back")]
    [TestCase("<message>{nothing}</message>", "<message/>")]
    [TestCase("<delay stamp='{timestamp}'/>", "<delay stamp='2026-01-02T03:04:05.678Z'/>")]
    [TestCase("<body>yes {any}</body>", "<body>yes  or no</body>")]
    [TestCase("<a xmlns:p='urn:p' p:x='1'/>", "<a xmlns:q='urn:p' q:x='1'/>", TestName = "Prefixes_do_not_matter")]
    public void Matches(string pattern, string actual) => Assert.That(Explain(pattern, actual), Is.Null);

    [TestCase("<message/>", "<presence/>")]
    [TestCase("<message/>", "<message xmlns='jabber:server'/>")]
    [TestCase("<message id='1'/>", "<message id='2'/>")]
    [TestCase("<message id='1'/>", "<message/>")]
    [TestCase("<message id='1'/>", "<message id='11'/>")]
    [TestCase("<message id='.'/>", "<message id='1'/>", TestName = "A_pattern_is_no_regular_expression")]
    [TestCase("<message from='{absent}'/>", "<message from=''/>")]
    [TestCase("<message from='{not {Romeo full}}'/>", "<message from='romeo@example.org/x'/>")]
    [TestCase("<message from='{absent|{Romeo full}}'/>", "<message from='nurse@example.org'/>")]
    [TestCase("<message type='{absent|chat}'/>", "<message type='absent'/>")]
    [TestCase("<message type='{chat|normal}'/>", "<message type='chatty'/>")]
    [TestCase("<message><a/></message>", "<message/>")]
    [TestCase("<message><a/><a/></message>", "<message><a/></message>")]
    [TestCase("<message>{nothing}</message>", "<message><a/></message>")]
    [TestCase("<message>{nothing}</message>", "<message>x</message>")]
    [TestCase("<body>yes</body>", "<body>no</body>")]
    [TestCase("<body>yes</body>", "<body/>")]
    [TestCase("<delay stamp='{timestamp}'/>", "<delay stamp='yesterday'/>")]
    [TestCase("<a xmlns:p='urn:p' p:x='1'/>", "<a x='1'/>")]
    public void Differs(string pattern, string actual) => Assert.That(Explain(pattern, actual), Is.Not.Null);

    [TestCase("<message id='1'><body>x</body></message>", "<message id='1'><body>x</body></message>", true)]
    [TestCase("<message><a/></message>", "<message><a/><stanza-id xmlns='urn:xmpp:sid:0' by='a' id='1'/></message>", true)]
    [TestCase("<message><a/></message>", "<message><a/><archived xmlns='urn:xmpp:mam:tmp' by='a' id='1'/></message>", true)]
    [TestCase("<presence/>", "<presence><x xmlns='vcard-temp:x:update'/></presence>", true)]
    [TestCase("<message id='1'/>", "<message id='1' type='chat'/>", false)]
    [TestCase("<message><a/></message>", "<message><a/><b/></message>", false)]
    [TestCase("<message><a/><b/></message>", "<message><b/><a/></message>", true)]
    [TestCase("<message><x><a/><b/></x></message>", "<message><x><b/><a/></x></message>", false)]
    [TestCase("<message><a/></message>", "<message><a>text</a></message>", false)]
    public void Exactly(string pattern, string actual, bool expected) =>
        Assert.That(matcher.Explain(Expect(pattern), Parse(actual), exact: true) is null, Is.EqualTo(expected));

    [Test]
    public void A_child_that_must_not_be_there()
    {
        var expected = Expectation.ParseAll("<message/>\nwithout <body/>").Single();
        Assert.Multiple(() =>
        {
            Assert.That(matcher.Explain(expected, Parse("<message><subject/></message>"), exact: false), Is.Null);
            Assert.That(matcher.Explain(expected, Parse("<message><body/></message>"), exact: false), Is.Not.Null);
        });
    }

    [Test]
    public void What_was_captured_must_be_the_same_later()
    {
        Assert.That(Explain("<message id='{id}'/>", "<message id='abc'/>"), Is.Null);
        Assert.Multiple(() =>
        {
            Assert.That(variables.Expand("<{id}>"), Is.EqualTo("<abc>"));
            Assert.That(Explain("<message id='{id}'/>", "<message id='abc'/>"), Is.Null);
            Assert.That(Explain("<message id='{id}'/>", "<message id='abcd'/>"), Is.Not.Null);
        });
    }

    [Test]
    public void What_did_not_match_captures_nothing()
    {
        Assert.That(Explain("<message id='{id}' type='chat'/>", "<message id='abc'/>"), Is.Not.Null);
        Assert.That(() => variables.Expand("{id}"), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void In_any_order_each_by_an_element_of_its_own()
    {
        IReadOnlyList<Expectation> wanted = Expectation.ParseAll("<message id='1'/><message id='2'/>");
        Assert.Multiple(() =>
        {
            Assert.That(matcher.ExplainUnordered(wanted, [Parse("<message id='2'/>"), Parse("<message id='1'/>")]), Is.Null);
            Assert.That(matcher.ExplainUnordered(wanted, [Parse("<message id='2'/>"), Parse("<message id='2'/>")]), Is.Not.Null);
        });
    }

    [TestCase("{base64 \\0a\\0b}", "AGEAYg==")]
    [TestCase("{repeat 3 ab}", "ababab")]
    [TestCase("{upper {domain}}", "EXAMPLE.ORG")]
    [TestCase("x{domain}y", "xexample.orgy")]
    public void Expressions_are_expanded(string text, string expected) => Assert.That(variables.Expand(text), Is.EqualTo(expected));

    [TestCase("{nobody knows}")]
    [TestCase("{open")]
    public void An_expression_that_is_none_is_refused(string text) =>
        Assert.That(() => variables.Expand(text), Throws.TypeOf<FormatException>());

    private string? Explain(string pattern, string actual) => matcher.Explain(Expect(pattern), Parse(actual), exact: false);

    private static Expectation Expect(string xml) => Expectation.ParseAll(xml).Single();

    private static Element Parse(string xml) => Element.Parse($"<all xmlns='jabber:client'>{xml}</all>").Children.Single();
}
