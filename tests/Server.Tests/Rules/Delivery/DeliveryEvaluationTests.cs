using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Delivery;

namespace PresenceXml.Server.Tests.Rules.Delivery;

/// <summary>Each test of a rule where it holds and where it does not, and what several rules come to together.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DeliveryEvaluationTests
{
    private readonly Surroundings surroundings = new();
    private readonly DeliveryBudget budget = new(DeliveryBudget.Steps);

    private static DeliveryRuleSet Read(string rules) => DeliveryReader.Read(Element.Parse($"<delivery xmlns='{DeliveryTest.Ns}'>{rules}</delivery>"), 1);

    private static Stanza Parse(string xml)
    {
        Element element = Testing.Xml.Parse(xml);
        StanzaContent content = StanzaContent.Of([.. element.Children]);
        Jid from = Jid.Parse(element["from"] ?? "romeo@montague.example/orchard"), to = Jid.Parse(element["to"] ?? "juliet@localhost");
        string? lang = element.Attribute(new QName(Namespaces.Xml, "lang"));
        return element.LocalName == "presence"
            ? new Subscribe { Type = SubscribeType.Subscribe, From = from, To = to, Content = content }
            : new Message { Type = Enum.Parse<MessageType>(element["type"] ?? "normal", ignoreCase: true), From = from, To = to, Lang = lang, Content = content };
    }

    private DeliveryOutcome Ask(string rules, string stanza, Strength strength = Strength.Certificate) =>
        DeliveryEvaluation.Ask(Read(rules), new DeliveryQuestion(Parse(stanza), strength, surroundings, budget), null);

    private bool Holds(string test, string stanza, Strength strength = Strength.Certificate) =>
        Ask($"<rule name='r'>{test}<discard/></rule>", stanza, strength).Disposition == DeliveryActionKind.Discard;

    [Test]
    public void Many_words_are_found_as_each_by_itself()
    {
        // Letters whose cases are odd: long s, Kelvin, dotless i, final sigma, the title case of a digraph, one beyond the first plane.
        string[] letters = ["a", "A", "s", "S", "\u017F", "k", "\u212A", "i", "I", "\u0131", "\u0130", "\u03C3", "\u03C2", "\u03A3", "\u01C5", "\u01C6", "\U00010428", "\U00010400", " "];
        var random = new Random(2778);
        int held = 0;
        for (int round = 0; round < 2_000; round++)
        {
            string text = Some(12) + "x";
            string[] words = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => Some(3) + (random.Next(3) == 0 ? "x" : ""))];
            bool isExact = random.Next(4) == 0;
            foreach (string word in words.Where(static word => word.Trim().Length == word.Length && word.Length > 0))
            {
                string rules = string.Concat(words.Where(other => other != word && other.Trim().Length > 0).Distinct().Select((other, i) => $"<rule name='{i}'><body contains='{other}'/><flag name='no'/></rule>"))
                    + $"<rule name='r'><body contains='{word}'{(isExact ? " case='true'" : "")}/><discard/></rule>";
                bool holds = text.Contains(word, isExact ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
                held += holds ? 1 : 0;
                Assert.That(Ask(rules, $"<message><body>{text}</body></message>").Disposition == DeliveryActionKind.Discard, Is.EqualTo(holds), $"'{word}' in '{text}'");
            }
        }
        Assert.That(held, Is.GreaterThan(200));

        string Some(int most) => string.Concat(Enumerable.Range(0, random.Next(1, most)).Select(_ => letters[random.Next(letters.Length)]));
    }

    [TestCase("<from jid='romeo@montague.example'/>", "", true)]
    [TestCase("<from jid='romeo@montague.example/orchard'/>", "", true)]
    [TestCase("<from jid='romeo@montague.example/other'/>", "", false)]
    [TestCase("<from domain='montague.example'/>", "", true)]
    [TestCase("<from domain='example'/>", "", false)]
    [TestCase("<from domain='*.example'/>", "", true)]
    [TestCase("<from domain='*.montague.example'/>", "", false)]
    [TestCase("<from stranger='true'/>", "", true)]
    [TestCase("<from stranger='false'/>", "", false)]
    [TestCase("<from first='true'/>", "", true)]
    [TestCase("<from subscription='none'/>", "", true)]
    [TestCase("<type is='normal'/>", "", true)]
    [TestCase("<type is='message'/>", "type='headline'", true)]
    [TestCase("<type is='chat request'/>", "", false)]
    [TestCase("<type is='invitation'/>", "", false)]
    [TestCase("<resource is='balcony'/>", "to='juliet@localhost/balcony'", true)]
    [TestCase("<resource is='bal*'/>", "to='juliet@localhost/balcony'", true)]
    [TestCase("<resource is='bal'/>", "to='juliet@localhost/balcony'", false)]
    [TestCase("<resource is=''/>", "", true)]
    [TestCase("<resource is=''/>", "to='juliet@localhost/balcony'", false)]
    [TestCase("<lang is='de'/>", "xml:lang='de-AT'", true)]
    [TestCase("<lang is='de'/>", "xml:lang='den'", false)]
    [TestCase("<lang is='de'/>", "", false)]
    [TestCase("<rate over='1' per='PT1M'/>", "", false)]
    [TestCase("<rate over='0' per='PT1M'/>", "", true)]
    [TestCase("<auth min='certificate'/>", "", true)]
    [TestCase("<auth below='certificate'/>", "", false)]
    [TestCase("<not><from domain='montague.example'/></not>", "", false)]
    [TestCase("<any><size over='10000'/><from domain='montague.example'/></any>", "", true)]
    [TestCase("<all><size over='10000'/><from domain='montague.example'/></all>", "", false)]
    public void Of_the_head(string test, string attributes, bool holds) =>
        Assert.That(Holds(test, $"<message {attributes}><body>Wherefore</body></message>"), Is.EqualTo(holds));

    [TestCase("<body contains='WHERE'/>", "<body>Wherefore</body>", true)]
    [TestCase("<body contains='WHERE' case='true'/>", "<body>Wherefore</body>", false)]
    [TestCase("<body contains='x'/>", "<body xml:lang='en'>y</body><body xml:lang='de'>x</body>", true)]
    [TestCase("<body contains='x'/>", "", false)]
    [TestCase("<body matches='where|why'/>", "<body>And WHY</body>", true)]
    [TestCase("<body matches='^why' case='true'/>", "<body>And why</body>", false)]
    [TestCase("<body contains='rich'/>", "<subject>Get rich</subject>", true)]
    [TestCase("<body contains='casino'/>", "<x xmlns='jabber:x:conference' jid='r@rooms.example' reason='Casino!'/>", true)]
    [TestCase("<body contains='casino'/>", "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b.example'><reason>Casino!</reason></invite></x>", true)]
    [TestCase("<size over='10'/>", "<body>Wherefore art thou</body>", true)]
    [TestCase("<size under='10'/>", "<body>Wherefore art thou</body>", false)]
    [TestCase("<has ns='jabber:x:oob'/>", "<x xmlns='jabber:x:oob'><url>u</url></x>", true)]
    [TestCase("<has ns='jabber:x:oob' name='y'/>", "<x xmlns='jabber:x:oob'><url>u</url></x>", false)]
    [TestCase("<has ns='url'/>", "<x xmlns='jabber:x:oob'><url>u</url></x>", false)]
    [TestCase("<lang is='de'/>", "<body xml:lang='de'>x</body>", true)]
    [TestCase("<header name='urgency' value='HIGH'/>", "<headers xmlns='http://jabber.org/protocol/shim'><header name='Urgency'>high</header></headers>", true)]
    [TestCase("<header name='urgency' value='low'/>", "<headers xmlns='http://jabber.org/protocol/shim'><header name='Urgency'>high</header></headers>", false)]
    [TestCase("<header name='urgency'/>", "<body>urgency</body>", false)]
    [TestCase("<type is='invitation'/>", "<x xmlns='jabber:x:conference' jid='r@rooms.example'/>", true)]
    [TestCase("<type is='invitation'/>", "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b.example'/></x>", true)]
    [TestCase("<type is='invitation'/>", "<x xmlns='http://jabber.org/protocol/muc#user'/>", false)]
    [TestCase("<inviter jid='a@b.example'/>", "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b.example/c'/></x>", true)]
    [TestCase("<inviter jid='romeo@montague.example'/>", "<x xmlns='jabber:x:conference' jid='r@rooms.example'/>", true)]
    [TestCase("<inviter/>", "<body>x</body>", false)]
    public void Of_what_is_in_it(string test, string content, bool holds) => Assert.That(Holds(test, $"<message>{content}</message>"), Is.EqualTo(holds));

    [TestCase("<type is='request'/>", true)]
    [TestCase("<type is='message'/>", false)]
    [TestCase("<body contains='please'/>", true)]
    [TestCase("<from stranger='true'/>", true)]
    public void Of_a_request(string test, bool holds) =>
        Assert.That(Holds(test, "<presence from='romeo@montague.example' type='subscribe'><status>Please!</status></presence>"), Is.EqualTo(holds));

    [Test]
    public void Of_the_roster()
    {
        const string From = "<message from='romeo@montague.example/orchard'/>";
        surroundings.Befriend("romeo@montague.example", SubscriptionState.To, "Family");
        Assert.That(Holds("<from group='Family'/>", From), Is.True);
        Assert.That(Holds("<from group='Work'/>", From), Is.False);
        Assert.That(Holds("<from subscription='to'/>", From), Is.True);
        Assert.That(Holds("<from subscription='both'/>", From), Is.False);
        Assert.That(Holds("<from stranger='true'/>", From), Is.False);
        surroundings.Befriend("romeo@montague.example", SubscriptionState.Both);
        Assert.That(Holds("<from subscription='both'/>", From), Is.True);
    }

    [Test]
    public void Who_was_written_to_and_a_room_one_is_in_are_no_strangers_and_who_only_asks_is()
    {
        Assert.That(Holds("<from stranger='true'/>", "<message from='localhost'/>"), Is.False, "the own server");
        surroundings.Contacts["asks@x.example"] = new RosterItem(Jid.Parse("asks@x.example")) { State = SubscriptionState.NonePendingIn };
        Assert.That(Holds("<from stranger='true'/>", "<message from='asks@x.example'/>"), Is.True);
        surroundings.WrittenTo.Add("shop@x.example");
        Assert.That(Holds("<from stranger='true'/>", "<message from='shop@x.example/bot'/>"), Is.False);
        surroundings.Present.Add("room@x.example");
        Assert.That(Holds("<from stranger='true'/>", "<message from='room@x.example/nick'/>"), Is.False);
        surroundings.HeardOf.Add("again@x.example");
        Assert.That(Holds("<from stranger='true'/>", "<message from='again@x.example'/>"), Is.True);
        Assert.That(Holds("<from first='true'/>", "<message from='again@x.example'/>"), Is.False);
    }

    [TestCase(Strength.None, false, true), TestCase(Strength.Dialback, false, true), TestCase(Strength.Certificate, true, false), TestCase(Strength.Secret, true, false), TestCase(Strength.Local, true, false)]
    public void Of_how_sure_the_sender_is(Strength strength, bool isAtLeast, bool isBelow)
    {
        Assert.That(Holds("<auth min='certificate'/>", "<message/>", strength), Is.EqualTo(isAtLeast));
        Assert.That(Holds("<auth below='certificate'/>", "<message/>", strength), Is.EqualTo(isBelow));
    }

    // The 1st of January 2030 is a Tuesday; Paris is an hour ahead of UTC then, two in July.
    [TestCase("2030-01-01T21:30:00Z", true)]
    [TestCase("2030-01-01T20:30:00Z", false)]
    [TestCase("2030-01-02T05:59:00Z", true)]
    [TestCase("2030-01-02T06:00:00Z", false)]
    [TestCase("2030-01-05T02:00:00Z", true)]
    [TestCase("2030-01-05T22:00:00Z", false)]
    [TestCase("2030-01-07T02:00:00Z", false)]
    [TestCase("2030-07-02T20:30:00Z", true)]
    public void Of_the_time(string now, bool holds)
    {
        surroundings.Now = DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(Holds("<time days='mon-fri' from='22:00' to='07:00' tz='Europe/Paris'/>", "<message/>"), Is.EqualTo(holds));
    }

    [Test]
    public void Of_days_over_the_end_of_the_week()
    {
        surroundings.Now = new DateTimeOffset(2030, 1, 6, 12, 0, 0, TimeSpan.Zero);
        Assert.That(Holds("<time days='sat-mon'/>", "<message/>"), Is.True);
        Assert.That(Holds("<time days='mon,sat'/>", "<message/>"), Is.False);
        Assert.That(Holds("<time from='09:00' to='12:00'/>", "<message/>"), Is.False);
        Assert.That(Holds("<time from='12:00' to='12:01'/>", "<message/>"), Is.True);
    }

    [Test]
    public void Of_the_owners_presence()
    {
        surroundings.Shown.Add("dnd");
        Assert.That(Holds("<my show='away dnd'/>", "<message/>"), Is.True);
        Assert.That(Holds("<my show='online offline'/>", "<message/>"), Is.False);
        Assert.That(Holds("<my offline='PT1H'/>", "<message/>"), Is.False);
        surroundings.Shown.Clear();
        surroundings.OfflineSince = surroundings.Now - TimeSpan.FromHours(1);
        Assert.That(Holds("<my show='offline'/>", "<message/>"), Is.True);
        Assert.That(Holds("<my offline='PT1H'/>", "<message/>"), Is.True);
        Assert.That(Holds("<my offline='PT61M'/>", "<message/>"), Is.False);
    }

    [Test]
    public void The_first_that_decides_holds_and_the_rest_adds_to_it_until_one_stops()
    {
        DeliveryOutcome outcome = Ask(
            "<rule name='a'><quiet/></rule><rule name='b'><fileinto box='one'/><flag name='x'/></rule><rule name='c'><discard/><flag name='y'/><flag name='x'/></rule><rule name='d'><stop/><report/></rule><rule name='e'><flag name='z'/></rule>",
            "<message/>");
        Assert.That((outcome.Disposition, outcome.Box, outcome.IsQuiet, outcome.Report?.Reason), Is.EqualTo((DeliveryActionKind.FileInto, "one", true, "spam")));
        Assert.That(outcome.Flags, Is.EqualTo(new[] { "x", "y" }));
    }

    [Test]
    public void What_is_kept_stays_so_and_what_is_off_is_not_looked_at()
    {
        Assert.That(Ask("<rule name='a'><keep/></rule><rule name='b'><discard/></rule>", "<message/>").Disposition, Is.EqualTo(DeliveryActionKind.Keep));
        Assert.That(Ask("<rule name='b' off='true'><discard/></rule>", "<message/>"), Is.SameAs(DeliveryOutcome.Kept));
        Assert.That(Ask("<rule name='b'><size over='1000'/><discard/></rule>", "<message/>"), Is.SameAs(DeliveryOutcome.Kept));
    }

    [Test]
    public void A_refusal_is_told_to_who_may_know_of_the_account_or_where_the_owner_says_so()
    {
        Assert.That(Ask("<rule name='a'><reject>No.</reject></rule>", "<message/>").IsHidden, Is.True);
        Assert.That(Ask("<rule name='a'><reject disclose='true'>No.</reject></rule>", "<message/>").IsTold, Is.True);
        surroundings.Learners.Add("romeo@montague.example");
        DeliveryOutcome told = Ask("<rule name='a'><reject condition='forbidden'>No.</reject></rule>", "<message/>");
        Assert.That((told.IsTold, told.Error!.Condition, told.Error.Text), Is.EqualTo((true, "forbidden", "No.")));
    }

    [Test, Property("Spec", "DR-7")]
    public void Who_is_less_sure_than_the_inbox_demands_is_refused_before_any_rule()
    {
        const string Rules = "<demand auth='certificate'/><rule name='a'><keep/></rule>";
        Assert.That(Ask(Rules, "<message/>", Strength.Certificate).Disposition, Is.EqualTo(DeliveryActionKind.Keep));
        DeliveryOutcome refused = Ask(Rules, "<message/>", Strength.Dialback);
        Assert.That((refused.Disposition, refused.IsHidden, refused.Error!.Condition), Is.EqualTo((DeliveryActionKind.Reject, true, "not-authorized")));
        surroundings.Learners.Add("romeo@montague.example");
        Assert.That(Ask(Rules, "<message/>", Strength.Dialback).IsTold, Is.True);
    }

    [Test]
    public void A_set_that_costs_too_much_leaves_everything_as_it_is()
    {
        string evil = string.Concat(Enumerable.Range(0, 99).Select(i => $"<rule name='{i}'><body matches='((a?){{60}}){{8}}b'/><discard/></rule>"));
        DeliveryOutcome outcome = Ask("<rule name='first'><discard/></rule>" + evil, $"<message><body>{new string('a', 64 * 1024)}</body></message>");
        Assert.That((outcome, budget.IsSpent), Is.EqualTo((DeliveryOutcome.Kept, true)));
        Assert.That(budget.Taken, Is.EqualTo(DeliveryBudget.Steps));
    }

    [TestCase("chat", "<body>x</body>", null)]
    [TestCase("normal", "<body>x</body>", null)]
    [TestCase("headline", "<body>x</body>", "of type headline")]
    [TestCase("groupchat", "<body>x</body>", "of type groupchat")]
    [TestCase("chat", "<composing xmlns='http://jabber.org/protocol/chatstates'/>", "nothing is said")]
    [TestCase("chat", "<body>x</body><auto-reply xmlns='urn:x-presencexml:delivery:0'/>", "automatic answer")]
    [TestCase("chat", "<body>x</body><no-store xmlns='urn:xmpp:hints'/>", "not to be stored")]
    [TestCase("chat", "<body>x</body><delay xmlns='urn:xmpp:delay' stamp='2029-01-01T00:00:00Z'/>", "not of now")]
    [TestCase("chat", "<body>x</body><x xmlns='http://jabber.org/protocol/muc#user'/>", "by way of a room")]
    [TestCase("normal", "<body>x</body><event xmlns='http://jabber.org/protocol/pubsub#event'/>", "an event")]
    [TestCase("normal", "<body>x</body><headers xmlns='http://jabber.org/protocol/shim'><header name='List-Id'>l</header></headers>", "mailing list")]
    [TestCase("normal", "<body>x</body><headers xmlns='http://jabber.org/protocol/shim'><header name='Auto-Submitted'>auto-generated</header></headers>", "mailing list")]
    [TestCase("normal", "<body>x</body><headers xmlns='http://jabber.org/protocol/shim'><header name='Auto-Submitted'>no</header></headers>", null)]
    [TestCase("chat", "<body>x</body><redirected xmlns='urn:x-presencexml:delivery:0'><by>a@b.example</by></redirected>", "sent on")]
    public void To_whom_nothing_is_answered(string type, string content, string? why)
    {
        surroundings.Learners.Add("romeo@montague.example");
        var question = new DeliveryQuestion(Parse($"<message type='{type}'>{content}</message>"), Strength.Certificate, surroundings, budget);
        string? said = AutoReply.WhyNot(question, "r", new DeliveryAction(DeliveryActionKind.Reply) { Every = TimeSpan.FromDays(1) });
        Assert.That(said, why is null ? Is.Null : Does.Contain(why));
    }

    [TestCase("romeo@montague.example", null)]
    [TestCase("montague.example", "from a server")]
    [TestCase("juliet@localhost/other", "from the account itself")]
    [TestCase("mercutio@montague.example", "may not know")]
    public void To_what_addresses_nothing_is_answered(string from, string? why)
    {
        surroundings.Learners.Add("romeo@montague.example");
        var question = new DeliveryQuestion(Parse($"<message from='{from}'><body>x</body></message>"), Strength.Certificate, surroundings, budget);
        string? said = AutoReply.WhyNot(question, "r", new DeliveryAction(DeliveryActionKind.Reply) { Every = TimeSpan.FromDays(1) });
        Assert.That(said, why is null ? Is.Null : Does.Contain(why));
    }

    [TestCase("", null)]
    [TestCase("<by>a@b.example</by><by>c@d.example</by>", null)]
    [TestCase("<by>a@b.example</by><by>c@d.example</by><by>e@f.example</by>", "3 times")]
    [TestCase("<by>juliet@localhost</by>", "circle")]
    [TestCase("<by>friend@x.example</by>", "circle")]
    public void Nothing_is_sent_on_far_or_in_a_circle(string by, string? why)
    {
        surroundings.Befriend("friend@x.example", SubscriptionState.From);
        string marker = by.Length == 0 ? "" : $"<redirected xmlns='{DeliveryTest.Ns}'>{by}</redirected>";
        var question = new DeliveryQuestion(Parse($"<message type='chat'><body>x</body>{marker}</message>"), Strength.Certificate, surroundings, budget);
        string? said = Redirection.WhyNot(question, new DeliveryAction(DeliveryActionKind.Redirect) { To = Jid.Parse("friend@x.example") });
        Assert.That(said, why is null ? Is.Null : Does.Contain(why));
    }

    [TestCase("juliet@localhost/phone", "go back"), TestCase("romeo@montague.example", "go back"), TestCase("nobody@x.example", "not subscribed")]
    public void Nothing_is_sent_on_to_who_never_asked_for_it(string to, string why)
    {
        var question = new DeliveryQuestion(Parse("<message type='chat'><body>x</body></message>"), Strength.Certificate, surroundings, budget);
        Assert.That(Redirection.WhyNot(question, new DeliveryAction(DeliveryActionKind.Redirect) { To = Jid.Parse(to) }), Does.Contain(why));
    }
}
