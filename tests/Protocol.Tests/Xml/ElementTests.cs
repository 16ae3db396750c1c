using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Xml;

public sealed class ElementTests
{
    [Test]
    public void An_element_is_built_of_attributes_text_and_elements()
    {
        Element element = new("urn:a", "a", new XmlAttribute("b", "c"), "d", "e", null, "", new Element("urn:a", "f"), new object[] { new Element("", "g"), "h" }, XmlAttribute.Lang("en"));
        Assert.That(element.ToString(), Is.EqualTo("<a xmlns='urn:a' b='c' xml:lang='en'>de<f/><g xmlns=''/>h</a>"));
        Assert.That(element.Text, Is.EqualTo("deh"));
        Assert.That(element.Nodes, Has.Count.EqualTo(4));
        Assert.That(element["b"], Is.EqualTo("c"));
        Assert.That(element["lang"], Is.Null);
        Assert.That(element.Child("urn:a", "f"), Is.Not.Null);
        Assert.That(element.Child("urn:a", "g"), Is.Null);
    }

    [Test]
    public void Copies_differ_in_what_was_asked()
    {
        Element element = new("", "a", new XmlAttribute("b", "1"), new XmlAttribute("c", "2"));
        Assert.That(element.With("b", "3").ToString(), Is.EqualTo("<a b='3' c='2'/>"));
        Assert.That(element.With("b", null).ToString(), Is.EqualTo("<a c='2'/>"));
        Assert.That(element.With("d", "4").ToString(), Is.EqualTo("<a b='1' c='2' d='4'/>"));
        Assert.That(element.With("d", null).ToString(), Is.EqualTo(element.ToString()));
        Assert.That(element.With("x").With("y").Nodes, Is.EqualTo(new object[] { "xy" }));
    }

    [Test]
    public void Attributes_in_namespaces_get_prefixes() =>
        Assert.That(new Element("", "a", new XmlAttribute(new QName("urn:b", "b"), "1"), new XmlAttribute(new QName("urn:c", "b"), "2")).ToString(),
            Is.EqualTo("<a xmlns:ns1='urn:b' ns1:b='1' xmlns:ns2='urn:c' ns2:b='2'/>"));

    [Test]
    public void The_xml_namespace_keeps_its_prefix_and_is_never_the_default()
    {
        const string Xml = "<a xmlns='u'><xml:b xml:c='1'><d/><e xmlns='v'/></xml:b></a>";
        Assert.That(Element.Parse(Xml).ToString(), Is.EqualTo(Xml));
        Assert.That(Element.Parse("<xml:a/>").ToString(), Is.EqualTo("<xml:a/>"));
    }

    [Test]
    public void What_reading_would_change_is_escaped()
    {
        Element element = new("", "a", new XmlAttribute("b", "<>&'\"\r\n\t "), "<>&'\"\r\n\t ]]>");
        Assert.That(element.ToString(), Is.EqualTo("<a b='&lt;&gt;&amp;&apos;&quot;&#13;&#10;&#9; '>&lt;&gt;&amp;'\"&#13;\n\t ]]&gt;</a>"));
        Assert.That(Element.Parse(element.ToString()).ToString(), Is.EqualTo(element.ToString()));
    }

    [Test]
    public void What_XML_cannot_carry_is_replaced() =>
        Assert.That(new Element("", "a", "\0|\uFFFE|\uD800|\uDC00|\uD83D\uDE00").ToString(), Is.EqualTo("<a>\uFFFD|\uFFFD|\uFFFD|\uFFFD|\uD83D\uDE00</a>"));

    [TestCase(255)]
    [TestCase(256)]
    [TestCase(257)]
    [TestCase(10_000)]
    public void Long_text_is_written_whole(int length)
    {
        string text = string.Concat(Enumerable.Repeat("a\uD83D\uDE00", length));
        Assert.That(new Element("", "a", text).ToString(), Is.EqualTo($"<a>{text}</a>"));
    }

    [Test]
    public void Line_ends_and_whitespace_are_normalised()
    {
        Element element = Element.Parse("<a b='1\r\n2\r3\n4\t5&#10;6'>1\r\n2\r3\n4<![CDATA[\r\n&lt;\r]]>5&#13;</a>");
        Assert.That(element["b"], Is.EqualTo("1 2 3 4 5\n6"));
        Assert.That(element.Text, Is.EqualTo("1\n2\n3\n4\n&lt;\n5\r"));
        Assert.That(element.Nodes, Has.Count.EqualTo(1));
    }

    [TestCase("")]
    [TestCase("x")]
    [TestCase("<a>")]
    [TestCase("<a/><b/>")]
    [TestCase("<a/>x")]
    [TestCase("<?xml version='1.0'?><a/>")]
    [TestCase("<p:a/>")]
    [TestCase("<!-- --><a/>")]
    public void Anything_but_one_element_is_a_format_error(string xml) => Assert.That(() => Element.Parse(xml), Throws.TypeOf<FormatException>());

    [Test]
    public void A_format_error_is_no_dead_process() =>
        Assert.That(() => Element.Parse(string.Concat(Enumerable.Repeat("<a>", 100_000))), Throws.TypeOf<FormatException>());

    [TestCase("a b")]
    [TestCase("a:b")]
    [TestCase("")]
    [TestCase("1a")]
    public void An_illegal_name_is_refused(string name)
    {
        Assert.That(() => new Element("", name), Throws.ArgumentException);
        Assert.That(() => new Element("", "a").With(name, "x"), Throws.ArgumentException);
        Assert.That(() => new Element("", "a", new XmlAttribute(name, "x")), Throws.ArgumentException);
    }

    [Test]
    public void Whitespace_around_and_prefixes_are_taken() =>
        Assert.That(Element.Parse(" <p:a xmlns:p='urn:p'><b p:c='d'/></p:a>\n").ToString(), Is.EqualTo("<a xmlns='urn:p'><b xmlns='' xmlns:ns1='urn:p' ns1:c='d'/></a>"));
}
