using System.Globalization;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Delivery;

namespace PresenceXml.Server.Tests.Rules.Delivery;

/// <summary>Delivery rules as XML: what is written reads back the same, and what is wrong is said with its rule.</summary>
public sealed class DeliveryReaderTests
{
    private static readonly string[] Tests =
    [
        "<from jid='romeo@montague.example'/>", "<from jid='romeo@montague.example/orchard'/>", "<from domain='montague.example'/>", "<from domain='*.example'/>",
        "<from group='Family'/>", "<from subscription='both'/>", "<from stranger='true'/>", "<from stranger='false' first='true'/>", "<inviter/>", "<inviter domain='x.example' stranger='true'/>",
        "<auth min='certificate'/>", "<auth below='local'/>", "<auth min='dialback' below='component'/>", "<type is='chat normal request'/>",
        "<body contains='&lt;http'/>", "<body matches='(a|b)+' case='true'/>", "<size over='10'/>", "<size over='10' under='20'/>", "<has ns='urn:x'/>", "<has ns='urn:x' name='y'/>",
        "<lang is='de en-GB'/>", "<rate over='10' per='PT1M'/>", "<time days='mon-fri' from='22:00' to='07:00' tz='Europe/Paris'/>", "<time from='00:00' to='08:30' tz='UTC'/>",
        "<my show='away dnd'/>", "<my offline='PT8H'/>", "<my show='offline' offline='P1D'/>", "<resource is='phone*'/>", "<resource is=''/>", "<header name='Urgency' value='high'/>",
        "<not><from group='Family'/></not>", "<any><size over='1'/><all><size under='2'/><not><has ns='urn:x'/></not></all></any>",
    ];

    private static readonly string[] Actions =
    [
        "<keep/>", "<fileinto box='junk'/>", "<flag name='work'/>", "<quiet/>", "<deliver-to resource='phone*'/>", "<deliver-to class='home'/>",
        "<reject condition='not-acceptable'>Not now.</reject>", "<reject condition='gone' disclose='true'/>", "<discard/>", "<reply every='P1D'>Back on Monday.</reply>",
        "<reply every='PT2H' disclose='true'>Away.</reply>", "<redirect jid='me@elsewhere.example'/>", "<redirect jid='me@elsewhere.example' copy='false'/>", "<report reason='abuse'/>", "<stop/>",
    ];

    private static DeliveryRuleSet Read(string rules) => DeliveryReader.Read(Element.Parse($"<delivery xmlns='{DeliveryTest.Ns}'>{rules}</delivery>"), 1);

    private static string Write(DeliveryRuleSet set) => set.ToElement().ToString();

    [Test]
    public void Each_test_reads_back_as_it_was_written([ValueSource(nameof(Tests))] string test)
    {
        DeliveryRuleSet read = Read($"<rule name='r'>{test}<keep/></rule>");
        Element again = read.ToElement();
        Assert.That(Write(DeliveryReader.Read(again, 1)), Is.EqualTo(again.ToString()));
        Assert.That(again.Children.Single().Children.First().ToString(), Is.EqualTo(Element.Parse(test.Insert(test.IndexOfAny([' ', '/', '>']), $" xmlns='{DeliveryTest.Ns}'")).ToString()));
    }

    [Test]
    public void Each_action_reads_back_as_it_was_written([ValueSource(nameof(Actions))] string action)
    {
        Element again = Read($"<rule name='r'>{action}</rule>").ToElement();
        Element written = Element.Parse(action.Insert(action.IndexOfAny([' ', '/', '>']), $" xmlns='{DeliveryTest.Ns}'"));
        Element read = again.Children.Single().Children.Single();
        Assert.That(read.Text, Is.EqualTo(written.Text));
        Assert.That(read.Attributes, Is.EquivalentTo(written.Attributes));
    }

    [FsCheck.NUnit.Property]
    public void Whatever_set_of_them_reads_back_the_same(int seed)
    {
        var random = new Random(seed);
        string rules = random.Next(3) == 0 ? "<demand auth='certificate'/>" : "";
        for (int i = random.Next(6); i > 0; i--)
        {
            string tests = string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Tests[random.Next(Tests.Length)]));
            string actions = string.Concat(Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Actions[random.Next(Actions.Length)]));
            rules += $"<rule name='r{i.ToString(CultureInfo.InvariantCulture)}'{(random.Next(4) == 0 ? " off='true'" : "")}>{tests}{actions}</rule>";
        }
        DeliveryRuleSet first = Read(rules), second = DeliveryReader.Read(Element.Parse(Write(first)), 1);
        Assert.That(second.Rules, Is.EqualTo(first.Rules).AsCollection);
        Assert.That((second.Demand, second.Highest, second.UsesNotes, Write(second)), Is.EqualTo((first.Demand, first.Highest, first.UsesNotes, Write(first))));
    }

    [TestCase("<rule><keep/></rule>", "Rule 1 has no name")]
    [TestCase("<rule name='a'><keep/></rule><rule name='a'><keep/></rule>", "Two rules have the name \"a\"")]
    [TestCase("<rule name='a'/>", "Rule \"a\": it has no action")]
    [TestCase("<rule name='a'><keep/><size over='1'/></rule>", "Rule \"a\": <size/> stands behind an action")]
    [TestCase("<rule name='a'><weather is='wet'/><keep/></rule>", "Rule \"a\": <weather/>: there is no such test")]
    [TestCase("<rule name='a'><from xmlns='urn:y' jid='a@b'/><keep/></rule>", "Rule \"a\": <from/>: there is no such test")]
    [TestCase("<rule name='a'><from/><keep/></rule>", "Rule \"a\": <from/>: it says nothing of the sender")]
    [TestCase("<rule name='a'><from jid='@@'/><keep/></rule>", "Rule \"a\": <from/>: \"@@\" is no address")]
    [TestCase("<rule name='a'><from domain='a@b'/><keep/></rule>", "is no domain")]
    [TestCase("<rule name='a'><from who='x'/><keep/></rule>", "it has no attribute who")]
    [TestCase("<rule name='a'><auth/><keep/></rule>", "Rule \"a\": <auth/>")]
    [TestCase("<rule name='a'><auth min='very'/><keep/></rule>", "min is not one of")]
    [TestCase("<rule name='a'><type is='odd'/><keep/></rule>", "is is not of normal, chat")]
    [TestCase("<rule name='a'><body/><keep/></rule>", "Rule \"a\": <body/>")]
    [TestCase("<rule name='a'><body contains='x' matches='y'/><keep/></rule>", "it has not one of contains and matches")]
    [TestCase("<rule name='a'><body matches='(a'/><keep/></rule>", "Rule \"a\": <body/>: a ) is missing")]
    [TestCase("<rule name='a'><size over='-1'/><keep/></rule>", "over is no number")]
    [TestCase("<rule name='a'><rate over='1' per='soon'/><keep/></rule>", "per is no duration")]
    [TestCase("<rule name='a'><rate over='1' per='P2D'/><keep/></rule>", "at most P1D")]
    [TestCase("<rule name='a'><time tz='Mars/Olympus'/><keep/></rule>", "Rule \"a\": <time/>: the time zone \"Mars/Olympus\" is not known here")]
    [TestCase("<rule name='a'><time days='someday'/><keep/></rule>", "\"someday\" is no day")]
    [TestCase("<rule name='a'><time from='25:00'/><keep/></rule>", "from is no time of day")]
    [TestCase("<rule name='a'><not><size over='1'/><size over='1'/></not><keep/></rule>", "Rule \"a\": <not/>: there is more than one test in it")]
    [TestCase("<rule name='a'><any/><keep/></rule>", "there is no test in it")]
    [TestCase("<rule name='a'><not><any><body matches='['/></any></not><keep/></rule>", "Rule \"a\": <not/>: <any/>: <body/>: a ] is missing")]
    [TestCase("<rule name='a'><fileinto box='No!'/></rule>", "\"No!\" is no name of a box")]
    [TestCase("<rule name='a'><fileinto box='passing'/></rule>", "\"passing\" is no name of a box")]
    [TestCase("<rule name='a'><reject condition='odd'/></rule>", "condition is not one of")]
    [TestCase("<rule name='a'><reply/></rule>", "Rule \"a\": <reply/>: it says nothing")]
    [TestCase("<rule name='a'><redirect/></rule>", "Rule \"a\": <redirect/>: jid is missing")]
    [TestCase("<rule name='a' off='maybe'><keep/></rule>", "off is neither true nor false")]
    [TestCase("<demand auth='much'/>", "The demand has no auth")]
    public void What_is_wrong_is_said_with_the_rule_it_is_in(string rules, string said) =>
        Assert.That(() => Read(rules), Throws.TypeOf<FormatException>().With.Message.Contains(said));

    [Test]
    public void There_are_so_many_rules_and_so_deep_ones()
    {
        string rules = string.Concat(Enumerable.Range(0, 100).Select(i => $"<rule name='{i.ToString(CultureInfo.InvariantCulture)}'><keep/></rule>"));
        Assert.That(Read(rules).Rules, Has.Length.EqualTo(100));
        Assert.That(() => Read(rules + "<rule name='x'><keep/></rule>"), Throws.TypeOf<FormatException>().With.Message.Contains("more than 100 rules"));
        string deep = string.Concat(Enumerable.Repeat("<not>", 8)) + "<size over='1'/>" + string.Concat(Enumerable.Repeat("</not>", 8));
        Assert.That(() => Read($"<rule name='x'>{deep}<keep/></rule>"), Throws.TypeOf<FormatException>().With.Message.Contains("in each other"));
    }

    [TestCase("<rule name='a'><auth below='certificate'/><keep/></rule>", (int)Strength.Dialback)]
    [TestCase("<rule name='a'><auth below='certificate'/><keep/></rule><rule name='b'><size over='1'/><keep/></rule>", (int)Strength.Local)]
    [TestCase("<rule name='a'><any><auth below='certificate'/><auth below='local'/></any><keep/></rule>", (int)Strength.Secret)]
    [TestCase("<rule name='a'><not><auth min='certificate'/></not><keep/></rule>", (int)Strength.Local)]
    [TestCase("<rule name='a' off='true'><keep/></rule>", -1)]
    [TestCase("<demand auth='certificate'/>", (int)Strength.Dialback)]
    [TestCase("", -1)]
    public void For_whom_nothing_can_hold_is_known_beforehand(string rules, int highest) => Assert.That(Read(rules).Highest, Is.EqualTo(highest));
}
