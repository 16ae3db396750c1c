using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PresenceXml.Protocol.Unicode;

namespace PresenceXml.Protocol.Tests.Jids;

/// <summary>What holds for every text: made from pieces that are likely to meet a rule, so that many of the addresses are legal.</summary>
public sealed class JidPropertyTests
{
    private const int Runs = 3000;

    private static readonly Gen<string> Plain = Gen.Elements("a", "L", "l", "Z", "0", "9", "\u00FC", "\u0130", "\u03A3", "\u03C2", "e\u0301", "o\u0323\u0302",
        "\u0915", "\u30AB", "\uFF76", "\uFF9E", "\uFF21", "\u65E5", "\uD55C", "\U00010400");

    private static readonly Gen<string> Tricky = Gen.Elements("-", "_", ".", "@", "/", " ", "[", "]", ":", "\\20", "xn--", "\u00B7", "\u0301", "\u0323",
        "\u0345", "\u00A0", "\u3000", "\u3002", "\u200C", "\u200D", "\u094D", "\u05D0", "\u05F3", "\u0627", "\u0661", "\u06F1", "\u30FB", "\uFF0E", "\u1100",
        "\u1161", "\u0958", "\u0344", "\u1E9B", "\u212B", "\U0001D15E", "\uD800", "\uE000");

    private static readonly Gen<string> Any = Gen.OneOf(
        Gen.Choose(0x20, 0x7E).Select(c => ((char)c).ToString()),
        Gen.Choose(0x80, 0x24FF).Select(c => ((char)c).ToString()),
        Gen.Choose(0x10000, 0x1FFFF).Select(char.ConvertFromUtf32));

    private static readonly Gen<string> Piece = Gen.Frequency((12, Plain), (2, Tricky), (1, Any));

    private static readonly Arbitrary<string> Texts = Arb.From(
        Gen.Choose(0, 7).SelectMany(Piece.ListOf).Select(pieces => string.Concat(pieces)),
        text => text.Length == 0 ? [] : [text[1..], text[..^1], text.Remove(text.Length / 2, 1)]);

    private static readonly Arbitrary<string> Addresses = Arb.From(
        from local in Texts.Generator
        from domain in Texts.Generator
        from resource in Texts.Generator
        from shape in Gen.Choose(0, 5)
        select shape switch
        {
            0 => local,
            1 => $"{local}@example.com/{resource}",
            2 => $"{local}@{domain}",
            3 => $"a@{domain}/r",
            4 => $"{domain}/{resource}",
            _ => $"{local}@{domain}/{resource}",
        });

    [Test, Property("Spec", "J-01"), Property("Spec", "J-03")]
    public void Parsing_what_was_printed_gives_the_same_address()
    {
        int legal = 0;
        Check(Addresses, text =>
        {
            if (Jid.TryParse(text, out Jid? jid))
            {
                IsStable(jid);
                legal++;
            }
        });
        Assert.That(legal, Is.GreaterThan(Runs / 20), "of the made-up addresses many must be legal, or nothing is shown");
    }

    private static void IsStable(Jid jid)
    {
        Jid again = Jid.Parse(jid.ToString());
        Assert.That(again, Is.EqualTo(jid));
        Assert.That(again.ToString(), Is.EqualTo(jid.ToString()));
        Assert.That((again.Local, again.Domain, again.Resource), Is.EqualTo((jid.Local, jid.Domain, jid.Resource)));
    }

    [Test]
    public void Octets_and_text_agree() => Check(Addresses, text =>
    {
        bool fromText = Jid.TryParse(text, out Jid? one);
        // A lone surrogate has no UTF-8; the encoder would put a replacement in its place.
        if (text.Any(char.IsSurrogate) && text.EnumerateRunes().Contains(Rune.ReplacementChar))
        {
            Assert.That(fromText, Is.False);
            return;
        }
        bool fromOctets = Jid.TryParse(Encoding.UTF8.GetBytes(text), out Jid? other);
        Assert.That(fromOctets, Is.EqualTo(fromText));
        Assert.That(other, Is.EqualTo(one));
    });

    [Test]
    public void The_short_way_agrees_with_the_rules() => Check(Addresses, text =>
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        if (!AsciiAddress.IsCanonical(utf8, out int localLength, out int domainEnd))
            return;
        string? prepared;
        if (localLength > 0)
        {
            Assert.That(JidPreparation.TryLocal(text.AsSpan(0, localLength), out prepared), Is.True);
            Assert.That(prepared, Is.EqualTo(text[..localLength]));
        }
        string domain = text[(localLength > 0 ? localLength + 1 : 0)..domainEnd];
        Assert.That(JidPreparation.TryDomain(domain, out prepared), Is.True);
        Assert.That(prepared, Is.EqualTo(domain));
        if (domainEnd < text.Length)
        {
            Assert.That(JidPreparation.TryResource(text.AsSpan(domainEnd + 1), out prepared), Is.True);
            Assert.That(prepared, Is.EqualTo(text[(domainEnd + 1)..]));
        }
    });

    [Test]
    public void Preparation_is_idempotent() => Check(Texts, text =>
    {
        if (JidPreparation.TryLocal(text, out string? local))
            Assert.That(JidPreparation.TryLocal(local, out string? again) ? again : null, Is.EqualTo(local));
        if (JidPreparation.TryDomain(text, out string? domain))
            Assert.That(JidPreparation.TryDomain(domain, out string? again) ? again : null, Is.EqualTo(domain));
        if (JidPreparation.TryResource(text, out string? resource))
            Assert.That(JidPreparation.TryResource(resource, out string? again) ? again : null, Is.EqualTo(resource));
    });

    [Test]
    public void NFC_is_idempotent_and_equal_for_what_is_equivalent() => Check(Texts, text =>
    {
        int[] codePoints = [.. text.EnumerateRunes().Select(rune => rune.Value)];
        int[] normal = NormalizationTests.Nfc(codePoints);
        Assert.That(NormalizationTests.Nfc(normal), Is.EqualTo(normal));
        // Normalising a front part first makes no difference.
        int[] front = NormalizationTests.Nfc(codePoints[..(codePoints.Length / 2)]);
        Assert.That(NormalizationTests.Nfc([.. front, .. codePoints[(codePoints.Length / 2)..]]), Is.EqualTo(normal));
    });

    [Test]
    public void Punycode_decodes_what_it_encoded() => Check(Texts, text =>
    {
        int[] codePoints = [.. text.EnumerateRunes().Select(rune => rune.Value)];
        var encoded = new CodePointBuffer(stackalloc int[8]);
        var decoded = new CodePointBuffer(stackalloc int[8]);
        Assert.That(Punycode.TryEncode(codePoints, ref encoded), Is.True);
        Assert.That(Punycode.TryDecode(encoded.Span, ref decoded), Is.True);
        Assert.That(decoded.Span.ToArray(), Is.EqualTo(codePoints));
    });

    private static void Check(Arbitrary<string> texts, Action<string> property) =>
        Prop.ForAll(texts, property).Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));
}
