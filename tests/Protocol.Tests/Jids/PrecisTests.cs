namespace PresenceXml.Protocol.Tests.Jids;

/// <summary>The profiles of RFC 8265 as RFC 7622 uses them.</summary>
public sealed class PrecisTests
{
    [Property("Spec", "J-04")]
    // RFC 8265 §3.5, table 1 (its first row holds the @ that a local part may not have)
    [TestCase("juliet", "juliet")]
    [TestCase("fussball", "fussball")]
    [TestCase("fu\u00DFball", "fu\u00DFball")]
    [TestCase("\u03C0", "\u03C0")]
    [TestCase("\u03A3", "\u03C3")]
    [TestCase("\u03C3", "\u03C3")]
    [TestCase("\u03C2", "\u03C2")]
    // Case: toLowerCase of no language, with the final sigma (Unicode §3.13)
    [TestCase("JULIET", "juliet")]
    [TestCase("\u00C9MILE", "\u00E9mile")]
    [TestCase("\u039F\u0394\u039F\u03A3", "\u03BF\u03B4\u03BF\u03C2", Description = "a capital sigma at the end")]
    [TestCase("\u039F\u0394\u039F\u03A3\u0391", "\u03BF\u03B4\u03BF\u03C3\u03B1", Description = "a capital sigma within")]
    [TestCase("\u039F\u03A3.\u0391", "\u03BF\u03C3.\u03B1", Description = "the full stop is case-ignorable: still within")]
    [TestCase("\u039F\u03A3-\u0391", "\u03BF\u03C2-\u03B1", Description = "the hyphen is not")]
    [TestCase("I", "i", Description = "not the dotless one, whatever the locale")]
    [TestCase("\u0130", "i\u0307")]
    [TestCase("\u0131", "\u0131")]
    [TestCase("\u1E9E", "\u00DF")]
    [TestCase("\U00010400", "\U00010428", Description = "Deseret, beyond the BMP")]
    [TestCase("\u13A0", "\uAB70", Description = "Cherokee")]
    // Width
    [TestCase("\uFF2A\uFF55\uFF4C\uFF49\uFF45\uFF54\uFF11", "juliet1")]
    [TestCase("\uFF76\uFF9E", "\u30AC", Description = "halfwidth katakana and its voiced mark")]
    // Normalisation
    [TestCase("e\u0301mile", "\u00E9mile")]
    [TestCase("E\u0301mile", "\u00E9mile")]
    [TestCase("q\u0307\u0323", "q\u0323\u0307")]
    // Bidi
    [TestCase("\u05D0\u05D1\u05D2", "\u05D0\u05D1\u05D2")]
    [TestCase("\u05D01", "\u05D01")]
    [TestCase("\u0627\u0661", "\u0627\u0661")]
    [TestCase("\u05D0\u05B0", "\u05D0\u05B0", Description = "ends in a nonspacing mark")]
    // Contextual rules (RFC 5892 Appendix A)
    [TestCase("\u0915\u094D\u200D\u0937", "\u0915\u094D\u200D\u0937", Description = "A.2")]
    [TestCase("\u0915\u094D\u200C\u0937", "\u0915\u094D\u200C\u0937", Description = "A.1, virama")]
    [TestCase("\u0646\u0627\u0645\u0647\u200C\u0627\u06CC", "\u0646\u0627\u0645\u0647\u200C\u0627\u06CC", Description = "A.1, joining types")]
    [TestCase("\u0628\u064E\u200C\u064E\u0627", "\u0628\u064E\u200C\u064E\u0627", Description = "A.1, transparent ones between")]
    [TestCase("\u1820\u200C\u1820", "\u1820\u200C\u1820", Description = "A.1, left to right")]
    [TestCase("l\u00B7l", "l\u00B7l", Description = "A.3")]
    [TestCase("L\u00B7L", "l\u00B7l", Description = "A.3, of the output")]
    [TestCase("\u0375\u03B1", "\u0375\u03B1", Description = "A.4")]
    [TestCase("\u05D0\u05F3", "\u05D0\u05F3", Description = "A.5")]
    [TestCase("\u05D0\u05F4\u05D1", "\u05D0\u05F4\u05D1", Description = "A.6")]
    [TestCase("\u30FB\u30A2", "\u30FB\u30A2", Description = "A.7")]
    [TestCase("\u0627\u06F0", "\u0627\u06F0", Description = "A.9")]
    // Exceptions of RFC 8264 §9.6
    [TestCase("\u3007", "\u3007")]
    // ASCII that is not excluded
    [TestCase("!#$%()*+,-.;=?[\\]^_`{|}~", "!#$%()*+,-.;=?[\\]^_`{|}~")]
    public void Local(string text, string expected)
    {
        Assert.That(JidPreparation.TryLocal(text, out string? prepared), Is.True);
        Assert.That(prepared, Is.EqualTo(expected));
        Assert.That(JidPreparation.TryLocal(prepared, out string? again), Is.True);
        Assert.That(again, Is.EqualTo(expected));
        Assert.That(Jid.Parse(text + "@example.com").Local, Is.EqualTo(expected));
    }

    [Property("Spec", "J-04")]
    // RFC 8265 §3.5, table 2
    [TestCase("foo bar")]
    [TestCase("")]
    [TestCase("henry\u2163")]
    [TestCase("\u221E")]
    // RFC 7622 §3.3.1, also after mapping
    [TestCase("a\uFF20b")]
    [TestCase("a\uFF0Fb")]
    [TestCase("a\uFF06b")]
    [TestCase("a\uFF1Ab")]
    [TestCase("a\u3000b")]
    // Not in the IdentifierClass
    [TestCase("a\u00A0b", Description = "space")]
    [TestCase("\u212Aevin", Description = "Kelvin sign: looked at before it is mapped")]
    [TestCase("\uFB01", Description = "ligature")]
    [TestCase("\u01C5", Description = "title case letter")]
    [TestCase("\u2460", Description = "number")]
    [TestCase("a\u20DD", Description = "enclosing mark")]
    [TestCase("a\u20AC", Description = "symbol")]
    [TestCase("a\u2019b", Description = "punctuation")]
    [TestCase("a\u00ADb", Description = "soft hyphen: ignorable")]
    [TestCase("a\uFE0Fb", Description = "variation selector: ignorable")]
    [TestCase("a\u200Bb", Description = "zero width space")]
    [TestCase("a\u2060b", Description = "word joiner")]
    [TestCase("a\uFEFFb", Description = "byte order mark")]
    [TestCase("a\u202Eb", Description = "right-to-left override")]
    [TestCase("a\uE000", Description = "private use")]
    [TestCase("a\U000F0000", Description = "private use")]
    [TestCase("a\u0378", Description = "unassigned")]
    [TestCase("a\uFFFE", Description = "noncharacter")]
    [TestCase("a\U0001FFFF", Description = "noncharacter")]
    [TestCase("a\uFFFD", Description = "symbol")]
    [TestCase("a\u0085", Description = "control")]
    [TestCase("a\U000E0041", Description = "tag")]
    [TestCase("\u1100\u1161", Description = "old Hangul jamo")]
    [TestCase("\u0640\u0628", Description = "tatweel, an exception")]
    [TestCase("\u3031", Description = "an exception")]
    // Contextual rules
    [TestCase("a\u200Db")]
    [TestCase("\u200Da")]
    [TestCase("a\u200Cb")]
    [TestCase("\u0628\u200C", Description = "nothing behind it")]
    [TestCase("\u0627\u200C\u0628", Description = "alef joins to the right only")]
    [TestCase("\u1820\u200Ca", Description = "joins before it, not behind it")]
    [TestCase("a\u200C\u1820", Description = "joins behind it, not before it")]
    [TestCase("a\u00B7b")]
    [TestCase("l\u00B7")]
    [TestCase("\u00B7l")]
    [TestCase("\u0375")]
    [TestCase("\u0375a")]
    [TestCase("a\u05F3")]
    [TestCase("\u05F4\u05D0")]
    [TestCase("\u30FB")]
    [TestCase("a\u30FBb")]
    [TestCase("\u0627\u0661\u06F1")]
    // Bidi (RFC 5893 §2)
    [TestCase("a\u05D0", Description = "conditions 1 and 5")]
    [TestCase("\u05D0a", Description = "condition 2")]
    [TestCase("1\u05D0", Description = "condition 1")]
    [TestCase("\u05D0-", Description = "condition 3")]
    [TestCase("\u0627\u06611", Description = "condition 4")]
    [TestCase("\u0661", Description = "condition 1")]
    public void Local_refused(string text)
    {
        Assert.That(JidPreparation.TryLocal(text, out string? prepared), Is.False, prepared);
        Assert.That(prepared, Is.Null);
        Assert.That(Jid.TryParse(text + "@example.com", out _), Is.False);
    }

    [Property("Spec", "J-05")]
    // RFC 8265 §4.3, table 3
    [TestCase("correct horse battery staple", "correct horse battery staple")]
    [TestCase("Correct Horse Battery Staple", "Correct Horse Battery Staple")]
    [TestCase("\u03C0\u00DF\u00E5", "\u03C0\u00DF\u00E5")]
    [TestCase("Jack of \u2666s", "Jack of \u2666s")]
    [TestCase("foo\u1680bar", "foo bar")]
    // Spaces become spaces, nothing else is mapped
    [TestCase("a\u00A0b\u2003c\u202Fd\u3000e", "a b c d e")]
    [TestCase(" ", " ")]
    [TestCase("\u3000", " ")]
    [TestCase("\uFF21\uFF11", "\uFF21\uFF11", Description = "width stays")]
    [TestCase("\uFB01\u2163", "\uFB01\u2163", Description = "compatibility stays")]
    [TestCase("\u0130I", "\u0130I", Description = "case stays")]
    [TestCase("e\u0301", "\u00E9")]
    [TestCase("\u212B", "\u00C5", Description = "canonically equivalent")]
    [TestCase("\u05D0a1", "\u05D0a1", Description = "no Bidi rule")]
    [TestCase("\U0001F600", "\U0001F600")]
    [TestCase("a\"&'/:<>@b", "a\"&'/:<>@b")]
    public void Opaque(string text, string expected)
    {
        Assert.That(JidPreparation.TryPassword(text, out string? prepared), Is.True);
        Assert.That(prepared, Is.EqualTo(expected));
        Assert.That(JidPreparation.TryResource(text, out prepared), Is.True);
        Assert.That(prepared, Is.EqualTo(expected));
        Assert.That(JidPreparation.TryResource(expected, out prepared), Is.True);
        Assert.That(prepared, Is.EqualTo(expected));
    }

    [Property("Spec", "J-05")]
    // RFC 8265 §4.3, table 4
    [TestCase("")]
    [TestCase("my cat is a \tby")]
    // Not in the FreeformClass
    [TestCase("a\0")]
    [TestCase("a\u007F")]
    [TestCase("a\u0085")]
    [TestCase("a\u200Bb")]
    [TestCase("a\u2028b")]
    [TestCase("a\u00ADb")]
    [TestCase("a\u2764\uFE0F", Description = "variation selector: ignorable")]
    [TestCase("a\uE000")]
    [TestCase("a\u0378")]
    [TestCase("a\uFDD0")]
    [TestCase("a\u200Db")]
    [TestCase("a\u30FBb")]
    [TestCase("\u1100\u1161")]
    public void Opaque_refused(string text)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(JidPreparation.TryPassword(text, out string? prepared), Is.False, prepared);
            Assert.That(prepared, Is.Null);
            Assert.That(JidPreparation.TryResource(text, out prepared), Is.False);
        }
    }

    [Test]
    public void Lone_surrogates_are_refused()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (string text in new[] { "\uD800", "a\uDC00", "\uDC00\uD800" })
            {
                Assert.That(JidPreparation.TryLocal(text, out _), Is.False);
                Assert.That(JidPreparation.TryDomain(text, out _), Is.False);
                Assert.That(JidPreparation.TryResource(text, out _), Is.False);
                Assert.That(JidPreparation.TryPassword(text, out _), Is.False);
            }
        }
    }

    [Test]
    public void Passwords_may_be_long()
    {
        string text = string.Concat(Enumerable.Repeat("e\u0301", 5000));
        Assert.That(JidPreparation.TryPassword(text, out string? prepared), Is.True);
        Assert.That(prepared, Is.EqualTo(new string('\u00E9', 5000)));
        Assert.That(JidPreparation.TryPassword(new string('x', 100_000), out _), Is.True);
        Assert.That(JidPreparation.TryResource(new string('x', 100_000), out _), Is.False);
    }
}
