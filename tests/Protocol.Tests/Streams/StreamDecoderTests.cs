using System.Buffers;
using System.Text;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Streams;

public sealed class StreamDecoderTests
{
    [Test]
    public void A_stream_is_a_header_elements_and_a_close() =>
        Assert.That(Wire.Read(
            "<?xml version='1.0'?>" + Wire.Header + " \n<message to='juliet@example.com' id='a&amp;b'><body>Hi &lt;&#x1F600;</body><x xmlns='y'/></message><presence/></stream:stream>"),
            Is.EqualTo(
                "header jabber:client from= to=example.com id= version=1.0 lang=\n" +
                "element {jabber:client}message to=juliet@example.com id=a&b [{jabber:client}body <body>Hi &lt;&#x1F600;</body>] [{y}x <x xmlns='y'/>] " +
                "<message xmlns='jabber:client' to='juliet@example.com' id='a&amp;b'><body>Hi &lt;😀</body><x xmlns='y'/></message> " +
                "<message to='juliet@example.com' id='a&amp;b'><body>Hi &lt;&#x1F600;</body><x xmlns='y'/></message>\n" +
                "element {jabber:client}presence <presence xmlns='jabber:client'/> <presence/>\n" +
                "close\nmore 0\n"));

    [Test]
    public void The_header_has_its_attributes() =>
        Assert.That(Wire.Read(
            "<stream:stream\n from=\"r&#xF6;meo@example.com\" to='example.com' id='x' xml:lang='en' version='1.0' xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' >"),
            Is.EqualTo("header jabber:server from=römeo@example.com to=example.com id=x version=1.0 lang=en\nmore 0\n"));

    [Test]
    public void An_empty_stream_element_is_a_header_and_a_close() =>
        Assert.That(Wire.Read(Wire.Header.Replace("'1.0'>", "'1.0'/>") + "junk after the end"), Does.EndWith("version=1.0 lang=\nclose\nmore 0\n"));

    [TestCase("<message>", "more 9")]
    [TestCase("<message><body>x</body", "more 22")]
    [TestCase("<a>&amp;&lt;&gt;&apos;&quot;&#65;&#x41;&#0000000000000000000065;</a>", "more 0")]
    [TestCase("<a><![CDATA[<b>&foo;]]]]]></a>", "more 0")]
    [TestCase("<a><![CDATA[]]><![CDATA[x]]>]]&gt;</a>", "more 0")]
    [TestCase("<a b='x>y' c=\"'\" d = '&quot;'\n/>", "more 0")]
    [TestCase("<a:b xmlns:a='urn:a' a:c='1' c='2'><a:b/><d xmlns=''/></a:b>", "more 0")]
    [TestCase("<a xml:lang='de' xml:space='preserve'/>", "more 0")]
    [TestCase("<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>", "more 0")]
    [TestCase("<é·ü xmlns='urn:ü' ÿ='ä'>\u200D\U00010000\uFFFD</é·ü\t>", "more 0")]
    [TestCase("<a>\uFEFF</a>", "more 0")]
    [Property("Spec", "X-06")]
    public void Well_formed_XML_is_taken(string xml, string end) => Assert.That(Wire.End(Wire.Header + xml), Is.EqualTo(end));

    /// <summary>Well-formed, but the parsers of many clients end the stream on it: nobody may be sent such a thing.</summary>
    [TestCase("<a xmlns='u v'/>")]
    [TestCase("<a xmlns:p='u|v'/>")]
    [TestCase("<a xmlns='u&#10;v'/>")]
    [TestCase("<message><a xmlns='u&#x7F;v'/></message>")]
    public void A_namespace_name_that_is_no_URI_is_refused(string xml) => Assert.That(Wire.End(Wire.Header + xml), Is.EqualTo("error policy-violation"));

    [TestCase(1024, "more 0")]
    [TestCase(1025, "error policy-violation")]
    public void A_name_has_a_greatest_length(int length, string end)
    {
        string name = new('a', length);
        Assert.That(Wire.Last(Replay.Run(Encoding.UTF8.GetBytes($"{Wire.Header}<{name}/>"), [])), Is.EqualTo(end));
        Assert.That(Wire.Last(Replay.Run(Encoding.UTF8.GetBytes($"{Wire.Header}<a {name}=''/>"), [])), Is.EqualTo(end));
    }

    [TestCase("<!-- a comment -->")]
    [TestCase("<!-")]
    [TestCase("<message><!-- a comment --></message>")]
    [TestCase("<?php echo ?>")]
    [TestCase("<message><?x?></message>")]
    [TestCase("<?xml version='1.0'?>")]
    [TestCase("<!DOCTYPE a [")]
    [TestCase("<!ENTITY lol 'lol'>")]
    [TestCase("<a>&foo;</a>")]
    [TestCase("<a>&foo12")]
    [TestCase("<a b='&lol9;'/>")]
    [TestCase("&foo;")]
    [Property("Spec", "X-01")]
    public void Restricted_XML_is_refused(string xml) => Assert.That(Wire.End(Wire.Header + xml), Is.EqualTo("error restricted-xml"));

    [TestCase("<a></b>")]
    [TestCase("<a><b></a>")]
    [TestCase("<a></a ></a>")]
    [TestCase("</a>")]
    [TestCase("</stream>")]
    [TestCase("<a")]
    [TestCase("<message <body/>")]
    [TestCase("<a b='<'/>")]
    [TestCase("<a b=c/>")]
    [TestCase("<a b/>")]
    [TestCase("<a b='c'd='e'/>")]
    [TestCase("<a b='1' b='2'/>")]
    [TestCase("<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>")]
    [TestCase("<a xmlns='u' xmlns='v'/>")]
    [TestCase("<p:a/>")]
    [TestCase("<a p:b='1'/>")]
    [TestCase("<a xmlns:p='u'/><p:a/>")]
    [TestCase("<a><b xmlns:p='u'/><p:c/></a>")]
    [TestCase("<a xmlns:p=''/>")]
    [TestCase("<a xmlns:xml='u'/>")]
    [TestCase("<a xmlns:xmlns='u'/>")]
    [TestCase("<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>")]
    [TestCase("<a xmlns='http://www.w3.org/2000/xmlns/'/>")]
    [TestCase("<xmlns:a/>")]
    [TestCase("<a:b:c xmlns:a='u'/>")]
    [TestCase("<:a/>")]
    [TestCase("<a:/>")]
    [TestCase("<1a/>")]
    [TestCase("< a/>")]
    [TestCase("<·a/>")]
    // In the fifth edition of XML 1.0 only: clients whose parser keeps to the fourth would lose their stream.
    [TestCase("<\U00010000/>")]
    [TestCase("<a \u0132='x'/>")]
    [TestCase("<a xmlns:\u2C00='u'/>")]
    [TestCase("<a\u203F/>")]
    [TestCase("<a×/>")]
    [TestCase("<a/ >")]
    [TestCase("<a>]]></a>")]
    [TestCase("<a>& </a>")]
    [TestCase("<a>&;</a>")]
    [TestCase("<a>&#;</a>")]
    [TestCase("<a>&#x;</a>")]
    [TestCase("<a>&#xG;</a>")]
    [TestCase("<a>&#X41;</a>")]
    [TestCase("<a>&#0;</a>")]
    [TestCase("<a>&#xD800;</a>")]
    [TestCase("<a>&#xFFFE;</a>")]
    [TestCase("<a>&#x110000;</a>")]
    [TestCase("<a>&#99999999999999999999;</a>")]
    [TestCase("<a>&lt</a>")]
    [TestCase("<a b='&#x1;'/>")]
    [TestCase("<a>\0</a>")]
    [TestCase("<a>\u0008</a>")]
    [TestCase("<a>\uFFFE</a>")]
    [TestCase("<a><![CDATA[\uFFFF]]></a>")]
    [TestCase("<a b='\u001F'/>")]
    [TestCase("<a><![CDATA[\0]]></a>")]
    [Property("Spec", "X-02")]
    public void Ill_formed_XML_is_refused(string xml)
    {
        string closed = xml == "<a" ? xml + "</a>" : xml;
        Assert.That(Wire.End(Wire.Header + closed), Is.EqualTo("error not-well-formed"));
    }

    [TestCase("3C 61 3E FF", TestName = "Not_UTF8(no lead)")]
    [TestCase("3C 61 3E C0 80", TestName = "Not_UTF8(overlong 2)")]
    [TestCase("3C 61 3E E0 80 80", TestName = "Not_UTF8(overlong 3)")]
    [TestCase("3C 61 3E F0 80 80 80", TestName = "Not_UTF8(overlong 4)")]
    [TestCase("3C 61 3E ED A0 80", TestName = "Not_UTF8(surrogate)")]
    [TestCase("3C 61 3E F4 90 80 80", TestName = "Not_UTF8(beyond)")]
    [TestCase("3C 61 3E C3 3C", TestName = "Not_UTF8(cut by markup)")]
    [TestCase("3C 61 3E C3 26", TestName = "Not_UTF8(cut by reference)")]
    [TestCase("3C 61 3E 80", TestName = "Not_UTF8(continuation)")]
    [TestCase("3C 61 3E 41 E2 82 41", TestName = "Not_UTF8(cut by text)")]
    [TestCase("3C 61 3E FF EF BF BE", TestName = "Not_UTF8(the first fault counts)")]
    [TestCase("3C 61 20 62 3D 27 C3 27 2F 3E", TestName = "Not_UTF8(in a value)")]
    [TestCase("3C 61 C3 2F 3E", TestName = "Not_UTF8(in a name)")]
    [TestCase("FF FE", TestName = "Not_UTF8(between stanzas)")]
    [Property("Spec", "X-04")]
    public void What_is_not_UTF8_is_refused(string hex) =>
        Assert.That(Wire.End([.. Encoding.UTF8.GetBytes(Wire.Header), .. Convert.FromHexString(hex.Replace(" ", ""))]), Is.EqualTo("error unsupported-encoding"));

    [Test]
    public void Half_a_character_at_the_end_waits_for_the_rest() =>
        Assert.That(Wire.End([.. Encoding.UTF8.GetBytes(Wire.Header + "<a>"), 0xF0, 0x9F, 0x98]), Is.EqualTo("more 6"));

    [TestCase("<?xml version='1.0' encoding='utf-8' standalone='yes' ?>", "more 0")]
    [TestCase("<?xml version=\"1.0\" encoding = \"UTF-8\"?>\n", "more 0")]
    [TestCase("\r\n \t<?xml version='1.0'?>", "more 0", Description = "go-sendxmpp, after SASL")]
    [TestCase("<?xml version='1.0' encoding='ISO-8859-1'?>", "error unsupported-encoding")]
    [TestCase("<?xml version='1.0' encoding='a-very-long-encoding'?>", "error unsupported-encoding")]
    [TestCase("<?xml version='1.1'?>", "error not-well-formed")]
    [TestCase("<?xml encoding='utf-8'?>", "error not-well-formed")]
    [TestCase("<?xml version='1.0' standalone='yes' encoding='utf-8'?>", "error not-well-formed")]
    [TestCase("<?xml version='1.0' version='1.0'?>", "error not-well-formed")]
    [TestCase("<?xml version='1.0'encoding='utf-8'?>", "error not-well-formed")]
    [TestCase("<?xml version='1.0' standalone='perhaps'?>", "error not-well-formed")]
    [TestCase("<?xml?>", "error restricted-xml")]
    [TestCase("<?xml version='1.0'>", "error not-well-formed")]
    [TestCase("<?xml-stylesheet href='x'?>", "error restricted-xml")]
    [TestCase("<?xml version='1.0'?>\n<?xml version='1.0'?>", "error restricted-xml")]
    [TestCase("<?xml version='1.0'?><?xml version='1.0'?>", "error restricted-xml")]
    [TestCase("\uFEFF", "error not-well-formed")]
    [TestCase("<!DOCTYPE lolz [<!ENTITY lol 'lol'>", "error restricted-xml")]
    [TestCase("<!-- -->", "error restricted-xml")]
    [TestCase("text", "error not-well-formed")]
    [TestCase("\u0016\u0003\u0001", "error not-well-formed")]
    [TestCase("</stream:stream>", "error not-well-formed")]
    [TestCase("<![CDATA[", "error restricted-xml")]
    [Property("Spec", "X-03")]
    public void Before_the_header_stands_at_most_a_declaration(string prolog, string end) => Assert.That(Wire.End(prolog + Wire.Header), Is.EqualTo(end));

    [TestCase("FFFE3C00", TestName = "UTF16(LE with mark)")]
    [TestCase("FEFF003C", TestName = "UTF16(BE with mark)")]
    [TestCase("3C003F00", TestName = "UTF16(LE)")]
    [TestCase("003C003F", TestName = "UTF16(BE)")]
    [Property("Spec", "X-04")]
    public void UTF16_is_an_unsupported_encoding(string hex) => Assert.That(Wire.End(Convert.FromHexString(hex)), Is.EqualTo("error unsupported-encoding"));

    [TestCase("<stream:stream xmlns='jabber:client' xmlns:stream='urn:other'>", "error invalid-namespace")]
    [TestCase("<stream xmlns='jabber:client'>", "error invalid-namespace")]
    [TestCase("<s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>", "error bad-namespace-prefix")]
    [TestCase("<stream xmlns='http://etherx.jabber.org/streams'>", "error bad-namespace-prefix")]
    [TestCase("<stream:strom xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>", "error bad-format")]
    [TestCase("<stream:stream xmlns='jabber:client'>", "error not-well-formed")]
    [TestCase("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>", "error invalid-namespace")]
    [TestCase("<stream:stream xmlns='jabber:component:connect' xmlns:stream='http://etherx.jabber.org/streams'>", "error invalid-namespace")]
    [Property("Spec", "S-13 S-14")]
    public void The_root_has_its_namespaces_and_prefix(string header, string end) => Assert.That(Wire.End(header), Is.EqualTo(end));

    [Test]
    [Property("Spec", "S-15")]
    public void A_prefix_for_the_content_namespace_is_refused() =>
        Assert.That(Wire.End(Wire.Header + "<c:message xmlns:c='jabber:client'/>"), Is.EqualTo("error bad-namespace-prefix"));

    [TestCase("text")]
    [TestCase("&amp;")]
    [TestCase("é")]
    [TestCase("<![CDATA[x]]>")]
    public void Text_between_stanzas_is_a_bad_format(string text) => Assert.That(Wire.End(Wire.Header + "<a/>" + text), Is.EqualTo("error bad-format"));

    [Test]
    [Property("Spec", "D-10")]
    public void Depth_is_bounded()
    {
        static string Nested(int depth) => Wire.Header + string.Concat(Enumerable.Repeat("<a>", depth)) + string.Concat(Enumerable.Repeat("</a>", depth));
        Assert.That(Wire.End(Nested(32)), Is.EqualTo("more 0"));
        Assert.That(Wire.End(Nested(33)), Is.EqualTo("error policy-violation"));
        Assert.That(Wire.End(Wire.Header + string.Concat(Enumerable.Repeat("<a>", 32)) + "<b/>"), Is.EqualTo("error policy-violation"));
    }

    [Test]
    [Property("Spec", "D-10")]
    public void Attributes_are_bounded()
    {
        static string Many(int count) => Wire.Header + "<a " + string.Join(' ', Enumerable.Range(0, count).Select(i => $"a{i}='{i}'")) + "/>";
        Assert.That(Wire.End(Many(40)), Is.EqualTo("more 0"));
        Assert.That(Wire.End(Many(41)), Is.EqualTo("error policy-violation"));
        Assert.That(Wire.End(Many(39).Replace("a38=", "a0=")), Is.EqualTo("error not-well-formed"));
    }

    [Test]
    [Property("Spec", "D-10")]
    public void Namespace_declarations_in_force_are_bounded()
    {
        string declarations = string.Concat(Enumerable.Range(0, 39).Select(i => $" xmlns:p{i}='u'"));
        Assert.That(Replay.Run(Encoding.UTF8.GetBytes(Wire.Header + string.Concat(Enumerable.Repeat($"<a{declarations}>", 5))), []), Does.EndWith("error policy-violation\n"));
        Assert.That(Replay.Run(Encoding.UTF8.GetBytes(Wire.Header + "<b>" + string.Concat(Enumerable.Repeat($"<a{declarations}/>", 9))), []), Does.Not.Contain("error"));
    }

    [TestCase(0, "more 0")]
    [TestCase(1, "error policy-violation")]
    [Property("Spec", "D-03")]
    public void Bytes_of_one_element_are_bounded(int more, string end)
    {
        XmlLimits limits = new(Wire.Header.Length, 8, 8);
        string element = "<a>" + new string('x', Wire.Header.Length - 7 + more) + "</a>";
        Assert.That(Wire.End(Wire.Header + element, limits), Is.EqualTo(end));
        Assert.That(Wire.End(Wire.Header + "<b/> " + element, limits), Is.EqualTo(end));
        Assert.That(Wire.End(Wire.Header.Insert(14, new string(' ', more)), limits), Is.EqualTo(end));
    }

    [Test]
    [Property("Spec", "D-03")]
    public void A_gigantic_attribute_fails_at_the_limit()
    {
        StreamDecoder decoder = new(new XmlLimits(10_000, 8, 8));
        byte[] chunk = new byte[4096];
        Array.Fill(chunk, (byte)'x');
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Wire.Header));
        decoder.TryRead(ref buffer, out _);
        byte[] held = Encoding.UTF8.GetBytes("<a b='");
        StreamException? error = null;
        for (int i = 0; i < 10 && error is null; i++)
        {
            held = [.. held, .. chunk];
            buffer = new ReadOnlySequence<byte>(held);
            try
            {
                Assert.That(decoder.TryRead(ref buffer, out _), Is.False);
            }
            catch (StreamException e)
            {
                error = e;
            }
        }
        Assert.That(error?.Error.Condition, Is.EqualTo("policy-violation"));
        Assert.That(held, Has.Length.LessThan(10_000 + 4096));
        Assert.That(() => decoder.TryRead(ref buffer, out _), Throws.TypeOf<StreamException>(), "and again");
    }

    [Test]
    public void The_limits_can_be_raised_in_the_middle()
    {
        StreamDecoder decoder = new(new XmlLimits(200, 8, 8));
        byte[] first = Encoding.UTF8.GetBytes(Wire.Header + "<a>" + new string('x', 150));
        var buffer = new ReadOnlySequence<byte>(first);
        Assert.That(decoder.TryRead(ref buffer, out _));
        Assert.That(decoder.TryRead(ref buffer, out _), Is.False);
        decoder.Limits = new XmlLimits(0, 0, 0);
        buffer = new ReadOnlySequence<byte>([.. buffer.ToArray(), .. Encoding.UTF8.GetBytes(new string('y', 100_000) + "</a>")]);
        Assert.That(decoder.TryRead(ref buffer, out StreamEvent next));
        Assert.That(next.Element!.Content.Length, Is.EqualTo(100_150));
    }

    [TestCase("<a b='", "x", "'/>")]
    [TestCase("<a>", "x", "</a>")]
    [TestCase("<a>", "é", "</a>")]
    [TestCase("<a>", "]", "</a>")]
    [TestCase("<a><![CDATA[", "]", "]]></a>")]
    [TestCase("<a>&#", "0", "65;</a>")]
    [TestCase("<a", " ", "/>")]
    [TestCase("<a>", "&amp;", "</a>")]
    [TestCase("<a>", "<b/>", "</a>")]
    [Property("Spec", "X-07")]
    public void Every_byte_is_examined_once(string start, string repeated, string end)
    {
        byte[] input = Encoding.UTF8.GetBytes(Wire.Header + start + string.Concat(Enumerable.Repeat(repeated, 1_000_000 / repeated.Length)) + end);
        StreamDecoder decoder = new(new XmlLimits(0, 0, 0));
        int consumed = 0;
        int events = 0;
        for (int available = 1; available <= input.Length; available++)
        {
            var buffer = new ReadOnlySequence<byte>(input, consumed, available - consumed);
            while (decoder.TryRead(ref buffer, out _)) events++;
            consumed = available - (int)buffer.Length;
        }
        Assert.That(events, Is.EqualTo(2));
        Assert.That(decoder.Examined, Is.EqualTo(input.Length));
    }

    [Test]
    public void Whitespace_between_stanzas_is_seen_and_consumed_at_once()
    {
        StreamDecoder decoder = new(Replay.Limits);
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Wire.Header));
        decoder.TryRead(ref buffer, out _);
        Assert.That(decoder.SawWhitespace, Is.False);
        buffer = new ReadOnlySequence<byte>(" "u8.ToArray());
        Assert.That(decoder.TryRead(ref buffer, out _), Is.False);
        Assert.That(decoder.SawWhitespace);
        Assert.That(buffer.IsEmpty);
        buffer = new ReadOnlySequence<byte>("<a> </a>"u8.ToArray());
        Assert.That(decoder.TryRead(ref buffer, out _));
        Assert.That(decoder.SawWhitespace, Is.False);
    }

    [Test]
    public void An_element_keeps_its_own_bytes()
    {
        byte[] input = Encoding.UTF8.GetBytes(Wire.Header + "<a b='c'>d</a>");
        var buffer = new ReadOnlySequence<byte>(input);
        StreamDecoder decoder = new(Replay.Limits);
        decoder.TryRead(ref buffer, out _);
        decoder.TryRead(ref buffer, out StreamEvent next);
        Array.Clear(input);
        Assert.That(next.Element!["b"], Is.EqualTo("c"));
        Assert.That(next.Element["xmlns"], Is.Null);
        Assert.That(Encoding.UTF8.GetString(next.Element.Content.Span), Is.EqualTo("d"));
    }
}
