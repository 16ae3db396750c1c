using System.Text;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Tests.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Stanzas;

public sealed class StanzaContentTests
{
    private const string Xml = "<message xmlns:p='urn:p'>0<body>Hi</body>1<stanza-id xmlns='urn:xmpp:sid:0' id='forged'/>2<p:x p:a='b'>&lt;<y/></p:x>3</message>";

    private static StanzaContent Content(string xml = Xml, string header = Wire.Header) => Wire.Stanza(xml, header).Content;

    [Test]
    public void A_long_tag_is_taken_apart_once_for_all_children()
    {
        const int Children = 2_000;
        string children = string.Concat(Enumerable.Repeat("<p:a/>", Children));
        StanzaContent content = Wire.Stanza($"<message xmlns:p='u' p:long='{new string('x', 100_000)}'>{children}</message>").Content;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Children; i++) Assert.That(content.Child(content.Children[i]).Namespace, Is.EqualTo("u"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(20_000_000));
    }

    [Test]
    public void A_child_that_is_written_anew_can_always_be_read_again()
    {
        Stanza sent = Wire.Stanza("<message xmlns:c='jabber:client'><c:body>x<xml:y/></c:body></message>");
        Assert.That(sent.Content.ToString(), Is.EqualTo("<body>x<xml:y/></body>"));
        Assert.That(StanzaReader.ReadCanonical(StanzaWriter.ToCanonical(sent)), Is.EqualTo(sent));
    }

    [Test]
    public void Children_have_names_and_ranges()
    {
        foreach (StanzaContent content in new[] { Content(), Content(header: Wire.ServerHeader) })
        {
            Assert.That(content.Children.Select(child => child.Name), Is.EqualTo(new[]
            {
                new QName("jabber:client", "body"), new QName("urn:xmpp:sid:0", "stanza-id"), new QName("urn:p", "x"),
            }));
            Assert.That(content.Children.Select(child => Encoding.UTF8.GetString(content.Bytes.Span.Slice(child.Start, child.Length))), Is.EqualTo(new[]
            {
                "<body>Hi</body>", "<stanza-id xmlns='urn:xmpp:sid:0' id='forged'/>", "<p:x p:a='b'>&lt;<y/></p:x>",
            }));
        }
    }

    [TestCase("<body>Hi</body>", "Hi")]
    [TestCase("<body>a &amp;&lt; &#x1F600;&#13;\r\nb\rc</body>", "a &< \U0001F600\r\nb\nc")]
    [TestCase("<body xml:lang='e&gt;n' a=\"'/>\">x</body>", "x")]
    [TestCase("<body a='/'/>", "")]
    [TestCase("<body></body >", "")]
    [TestCase("<body a='/'>/</body>", "/")]
    [TestCase("<body>a<b>c</b>d<![CDATA[<&amp;]]></body>", "ad<&amp;")]
    [TestCase("<body><![CDATA[a]]></body>", "a")]
    public void The_text_of_a_child_is_that_of_its_tree(string body, string text)
    {
        StanzaContent content = Content($"<message>{body}<x xmlns='urn:p'>y</x></message>");
        Assert.That(content.Child(0).Text, Is.EqualTo(text));
        Assert.That(content.Text(content.Children[0]), Is.EqualTo(text));
        Assert.That(content.Text("body"), Is.EqualTo(text));
    }

    [Test]
    public void Children_are_found_and_read()
    {
        StanzaContent content = Content();
        Assert.That(content.Has(null, "body"));
        Assert.That(content.Has("jabber:server", "body"));
        Assert.That(content.Has("urn:p", "body"), Is.False);
        Assert.That(content.Text("body"), Is.EqualTo("Hi"));
        Assert.That(content.Text("subject"), Is.Null);
        Element x = content.Find("urn:p", "x")!;
        Assert.That(x.Attribute(new QName("urn:p", "a")), Is.EqualTo("b"));
        Assert.That(x.Text, Is.EqualTo("<"));
        Assert.That(x.Child("jabber:client", "y"), Is.Not.Null);
        Assert.That(content.Find("urn:p", "y"), Is.Null);
    }

    [Test]
    public void Children_are_cut_out()
    {
        StanzaContent content = Content();
        Assert.That(content.Without((_, _) => false), Is.SameAs(content));
        StanzaContent cut = content.Without((child, _) => child.Name.Namespace == Namespaces.StanzaId);
        Assert.That(cut.ToString(), Is.EqualTo("0<body>Hi</body>12<p:x p:a='b'>&lt;<y/></p:x>3"));
        Assert.That(cut.Child(1).Name, Is.EqualTo(new QName("urn:p", "x")));
        Assert.That(cut.Without((_, _) => true).ToString(), Is.EqualTo("0123"));
        Assert.That(content.Without((child, all) => all.Child(1)["id"] == "forged" && child.Name.Name == "body").Children, Has.Count.EqualTo(2));
    }

    [Test]
    public void Children_are_added()
    {
        StanzaContent content = Content("<message><body/></message>")
            .With(new Element("urn:xmpp:delay", "delay", new XmlAttribute("stamp", "now")))
            .With(new Element("jabber:server", "subject", new Element("jabber:server", "b"), new Element("urn:c", "c", new Element("jabber:client", "d"))))
            .With(new QName("urn:e", "e"), "<e xmlns='urn:e'/>"u8)
            .With(new QName("jabber:client", "thread"), "<thread xmlns='jabber:client'>t</thread>"u8);
        Assert.That(content.ToString(), Is.EqualTo(
            "<body/><delay xmlns='urn:xmpp:delay' stamp='now'/><subject><b/><c xmlns='urn:c'><d xmlns='jabber:client'/></c></subject><e xmlns='urn:e'/><thread>t</thread>"));
        Assert.That(Enumerable.Range(0, 5).Select(i => content.Child(i).LocalName), Is.EqualTo(new[] { "body", "delay", "subject", "e", "thread" }));
        Assert.That(content.Text("thread"), Is.EqualTo("t"));
        Assert.That(StanzaContent.Of(new Element("jabber:client", "body", "x"), new Element("a", "b")).ToString(), Is.EqualTo("<body>x</body><b xmlns='a'/>"));
    }

    [Test]
    public void Many_prefixed_children_are_rewritten_in_one_go()
    {
        StanzaContent content = Content("<message xmlns:c='jabber:client'>" + string.Concat(Enumerable.Repeat("<c:a/>", 50_000)) + "</message>");
        Assert.That(content.Children, Has.Count.EqualTo(50_000));
        Assert.That(content.ToString(), Is.EqualTo(string.Concat(Enumerable.Repeat("<a/>", 50_000))));
    }
}
