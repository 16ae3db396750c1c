using System.Text;

namespace PresenceXml.Protocol.Tests.Jids;

public sealed class JidTests
{
    // RFC 7622 §3.5, table 1, with the canonical forms.
    private static readonly (string Text, string? Local, string Domain, string? Resource)[] Legal =
    [
        ("juliet@example.com", "juliet", "example.com", null),
        ("juliet@example.com/foo", "juliet", "example.com", "foo"),
        ("juliet@example.com/foo bar", "juliet", "example.com", "foo bar"),
        ("juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar"),
        (@"foo\20bar@example.com", @"foo\20bar", "example.com", null),
        ("fussball@example.com", "fussball", "example.com", null),
        ("fu\u00DFball@example.com", "fu\u00DFball", "example.com", null),
        ("\u03C0@example.com", "\u03C0", "example.com", null),
        ("\u03A3@example.com/foo", "\u03C3", "example.com", "foo"),
        ("\u03C3@example.com/foo", "\u03C3", "example.com", "foo"),
        ("\u03C2@example.com/foo", "\u03C2", "example.com", "foo"),
        ("king@example.com/\u265A", "king", "example.com", "\u265A"),
        ("example.com", null, "example.com", null),
        ("example.com/foobar", null, "example.com", "foobar"),
        ("a.example.com/b@example.net", null, "a.example.com", "b@example.net"),
    ];

    [Test, Property("Spec", "J-01"), TestCaseSource(nameof(LegalCases))]
    public void Cuts_the_resource_first_then_the_local_part(string text, string? local, string domain, string? resource)
    {
        Jid fromText = Jid.Parse(text);
        Assert.That(Jid.TryParse(Encoding.UTF8.GetBytes(text), out Jid? fromOctets), Is.True);
        Assert.That(fromOctets, Is.EqualTo(fromText));
        foreach (Jid jid in new[] { fromText, fromOctets! })
        {
            using (Assert.EnterMultipleScope())
            {
                Assert.That(jid.Local, Is.EqualTo(local));
                Assert.That(jid.Domain, Is.EqualTo(domain));
                Assert.That(jid.Resource, Is.EqualTo(resource));
                Assert.That(jid.HasLocal, Is.EqualTo(local is not null));
                Assert.That(jid.IsFull, Is.EqualTo(resource is not null));
                Assert.That(jid.IsBare, Is.EqualTo(resource is null));
                Assert.That(Encoding.UTF8.GetString(jid.LocalUtf8), Is.EqualTo(local ?? ""));
                Assert.That(Encoding.UTF8.GetString(jid.DomainUtf8), Is.EqualTo(domain));
                Assert.That(Encoding.UTF8.GetString(jid.ResourceUtf8), Is.EqualTo(resource ?? ""));
                Assert.That(Encoding.UTF8.GetString(jid.Utf8), Is.EqualTo(jid.ToString()));
                Assert.That(jid.ToString(), Is.EqualTo((local is null ? "" : local + "@") + domain + (resource is null ? "" : "/" + resource)));
            }
        }
    }

    private static IEnumerable<TestCaseData> LegalCases() =>
        Legal.Select((jid, i) => new TestCaseData(jid.Text, jid.Local, jid.Domain, jid.Resource).SetArgDisplayNames($"{i + 1}"));

    // RFC 7622 §3.5, table 2. Not among them: "juliet@example.com/ foo", see Spaces_at_the_ends_of_a_resource_are_kept.
    [Property("Spec", "J-04")]
    [TestCase("\"juliet\"@example.com")]
    [TestCase("foo bar@example.com")]
    [TestCase("@example.com/")]
    [TestCase("henry\u2163@example.com")]
    [TestCase("\u265A@example.com")]
    [TestCase("juliet@")]
    [TestCase("/foobar")]
    // Others
    [TestCase("")]
    [TestCase("@")]
    [TestCase("/")]
    [TestCase("@/")]
    [TestCase("@example.com")]
    [TestCase("juliet@example.com/")]
    [TestCase("example.com/")]
    [TestCase("juliet@/foo")]
    [TestCase("a@b@example.com")]
    [TestCase("a&b@example.com")]
    [TestCase("a'b@example.com")]
    [TestCase("a:b@example.com")]
    [TestCase("a<b@example.com")]
    [TestCase("a>b@example.com")]
    [TestCase("a\u007Fb@example.com")]
    [TestCase("a\tb@example.com")]
    [TestCase("a\0b@example.com")]
    [TestCase("juliet@example.com/a\nb")]
    [TestCase("juliet@example.com/\u0001")]
    [TestCase("juliet@example.com/\u007F")]
    [TestCase("a@exa mple.com")]
    [TestCase("a@exa!mple.com")]
    public void Refuses(string text)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Jid.TryParse(text, out Jid? jid), Is.False);
            Assert.That(jid, Is.Null);
            Assert.That(Jid.TryParse(Encoding.UTF8.GetBytes(text), out jid), Is.False);
            Assert.That(jid, Is.Null);
            Assert.That(() => Jid.Parse(text), Throws.TypeOf<FormatException>());
        }
    }

    [Test, Property("Spec", "J-05")]
    public void Spaces_at_the_ends_of_a_resource_are_kept()
    {
        // Row 3 of table 2 calls the first one illegal, but the OpaqueString profile that §3.4 demands has no such rule.
        Assert.That(Jid.Parse("juliet@example.com/ foo").Resource, Is.EqualTo(" foo"));
        Assert.That(Jid.Parse("juliet@example.com/foo ").Resource, Is.EqualTo("foo "));
    }

    [Test, Property("Spec", "J-05")]
    public void Resource_may_hold_separators() =>
        Assert.That(Jid.Parse("juliet@example.com/a/b@c/ \"&'<>:").Resource, Is.EqualTo("a/b@c/ \"&'<>:"));

    [Test, Property("Spec", "J-06")]
    public void Escapes_are_carried_unchanged()
    {
        Jid escaped = Jid.Parse(@"space\20cadet\40home@example.com");
        Assert.That(escaped.Local, Is.EqualTo(@"space\20cadet\40home"));
        Assert.That(Jid.Parse(@"a\2fb@example.com"), Is.Not.EqualTo(Jid.Parse(@"a\5c2fb@example.com")));
    }

    [Test, Property("Spec", "J-02"), Property("Spec", "J-05")]
    public void Local_and_resource_have_at_most_1023_octets()
    {
        string most = new('x', 1023);
        string mostOfTwo = new string('\u00E9', 511) + "x";
        using (Assert.EnterMultipleScope())
        {
            foreach (string part in new[] { most, mostOfTwo })
            {
                Assert.That(Jid.TryParse($"{part}@example.com/{part}", out Jid? full), Is.True);
                Assert.That(full!.Utf8.Length, Is.EqualTo(1023 + 1 + 11 + 1 + 1023));
                Assert.That(Jid.TryParse($"{part}x@example.com", out _), Is.False);
                Assert.That(Jid.TryParse(Encoding.UTF8.GetBytes($"{part}x@example.com"), out _), Is.False);
                Assert.That(Jid.TryParse($"example.com/{part}x", out _), Is.False);
                Assert.That(Jid.Parse("example.com").TryWithResource(part + "x", out _), Is.False);
            }
        }
    }

    [Test, Property("Spec", "J-02")]
    public void Length_counts_after_preparation()
    {
        // 3069 octets of fullwidth letters are 1023 of ordinary ones; 1023 of decomposed letters are 682.
        Assert.That(Jid.Parse(new string('\uFF41', 1023) + "@example.com").Local, Is.EqualTo(new string('a', 1023)));
        Assert.That(Jid.TryParse(new string('\uFF41', 1024) + "@example.com", out _), Is.False);
        string decomposed = string.Concat(Enumerable.Repeat("e\u0301", 511));
        Assert.That(Jid.Parse(decomposed + "@example.com").LocalUtf8.Length, Is.EqualTo(1022));
        Assert.That(Jid.TryParse(string.Concat(Enumerable.Repeat("e\u0301", 512)) + "@example.com", out _), Is.False);
    }

    [Test]
    public void Enormous_input_is_refused()
    {
        Assert.That(Jid.TryParse(new string('a', 1_000_000) + "@example.com", out _), Is.False);
        Assert.That(Jid.TryParse(Encoding.UTF8.GetBytes("example.com/" + new string('\u00E9', 1_000_000)), out _), Is.False);
    }

    [Test]
    public void Refuses_what_is_not_Unicode()
    {
        byte[][] malformed =
        [
            [.. "a"u8, 0xC3, .. "@example.com"u8],
            [.. "example.com/"u8, 0xFF],
            [.. "example.com/"u8, 0xC0, 0x80],
            [.. "example.com/"u8, 0xE2, 0x99],
            [.. "example.com/"u8, 0xED, 0xA0, 0x80],
            [.. "example.com/"u8, 0xF4, 0x90, 0x80, 0x80],
        ];
        using (Assert.EnterMultipleScope())
        {
            foreach (byte[] utf8 in malformed)
                Assert.That(Jid.TryParse(utf8, out _), Is.False, Convert.ToHexString(utf8));
            Assert.That(Jid.TryParse("example.com/\uD83D", out _), Is.False);
            Assert.That(Jid.TryParse("example.com/\uDE00\uD83D", out _), Is.False);
            Assert.That(Jid.TryParse("\uD801@example.com", out _), Is.False);
            Assert.That(Jid.TryParse("example.com/\uD83D\uDE00", out _), Is.True);
        }
    }

    [Test]
    public void Bare_of_a_bare_address_is_itself()
    {
        Jid bare = Jid.Parse("juliet@example.com");
        Jid full = Jid.Parse("juliet@example.com/balcony");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(bare.Bare, Is.SameAs(bare));
            Assert.That(full.Bare, Is.EqualTo(bare));
            Jid again = full.Bare;
            Assert.That(again, Is.SameAs(full.Bare));
            Assert.That(full.Bare.IsBare, Is.True);
            Assert.That(Jid.Parse("example.com/x").Bare, Is.EqualTo(Jid.Parse("example.com")));
        }
    }

    [Test]
    public void Equality_is_that_of_the_canonical_forms()
    {
        Jid one = Jid.Parse("Juliet@EXAMPLE.com./Balcony");
        Jid other = Jid.Parse("juliet@example.com/Balcony");
        Jid third = Jid.Parse("juliet@example.com/balcony");
        Jid? nobody = null;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(one, Is.EqualTo(other));
            Assert.That(one == other, Is.True);
            Assert.That(one != other, Is.False);
            Assert.That(one.GetHashCode(), Is.EqualTo(other.GetHashCode()));
            Assert.That(one.Equals((object)other), Is.True);
            Assert.That(one, Is.Not.EqualTo(third));
            Assert.That(one.Equals("juliet@example.com/Balcony"), Is.False);
            Assert.That(one.Equals(null), Is.False);
            Assert.That(nobody == one, Is.False);
            Assert.That(nobody != one, Is.True);
        }
    }

    [Test, Property("Spec", "J-05")]
    public void Joins_a_resource()
    {
        Jid bare = Jid.Parse("juliet@example.com");
        Assert.That(bare.TryWithResource("Balc\u00F3n \u00A0x", out Jid? full), Is.True);
        Assert.That(full, Is.EqualTo(Jid.Parse("juliet@example.com/Balc\u00F3n  x")));
        Assert.That(full!.Bare, Is.SameAs(bare));
        Assert.That(full.TryWithResource("other", out Jid? second), Is.True);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(second!.ToString(), Is.EqualTo("juliet@example.com/other"));
            Assert.That(second.Resource, Is.EqualTo("other"));
            Assert.That(second.Bare, Is.SameAs(bare));
            Assert.That(bare.TryWithResource("", out Jid? none), Is.False);
            Assert.That(none, Is.Null);
            Assert.That(bare.TryWithResource("a\u0000b", out _), Is.False);
        }
    }

    [Test]
    public void Every_ASCII_octet_in_every_part_is_the_same_by_the_short_way_and_by_the_rules()
    {
        for (char c = '\0'; c < '\x80'; c++)
        {
            using (Assert.EnterMultipleScope())
            {
                string message = $"U+{(int)c:X4}";
                bool local = JidPreparation.TryLocal($"a{c}b", out string? prepared);
                Assert.That(AsciiAddress.IsLocal(Encoding.UTF8.GetBytes($"a{c}b")), Is.EqualTo(local && prepared == $"a{c}b"), message);
                bool domain = JidPreparation.TryDomain($"a{c}b", out prepared);
                Assert.That(AsciiAddress.IsDomain(Encoding.UTF8.GetBytes($"a{c}b")), Is.EqualTo(domain && prepared == $"a{c}b"), message);
                bool resource = JidPreparation.TryResource($"a{c}\u00E9", out _);
                Assert.That(AsciiAddress.IsResource(Encoding.UTF8.GetBytes($"a{c}b")), Is.EqualTo(resource), message);
            }
        }
    }
}
