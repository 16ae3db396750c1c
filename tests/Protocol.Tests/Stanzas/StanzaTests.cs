using System.Text;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Tests.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Stanzas;

public sealed class StanzaTests
{
    [TestCase("<message/>", typeof(Message))]
    [TestCase("<message from='a@b/c' to='d@e' id='1' type='chat' xml:lang='de'><body>x</body></message>", typeof(Message))]
    [TestCase("<message type='normal'/>", typeof(Message))]
    [TestCase("<message type='groupchat'/>", typeof(Message))]
    [TestCase("<message type='headline'/>", typeof(Message))]
    [TestCase("<message type='error'/>", typeof(Message))]
    [TestCase("<message type='telegram'/>", typeof(Message))]
    [TestCase("<presence/>", typeof(Presence))]
    [TestCase("<presence type='unavailable'><status>away &amp; gone</status></presence>", typeof(Presence))]
    [TestCase("<presence type='error'/>", typeof(Presence))]
    [TestCase("<presence to='a@b' type='subscribe'/>", typeof(Subscribe))]
    [TestCase("<presence to='a@b' type='subscribed'/>", typeof(Subscribe))]
    [TestCase("<presence to='a@b' type='unsubscribe'/>", typeof(Subscribe))]
    [TestCase("<presence to='a@b' type='unsubscribed'/>", typeof(Subscribe))]
    [TestCase("<presence to='a@b' type='probe'/>", typeof(Fetch))]
    [TestCase("<iq id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>", typeof(Iq))]
    [TestCase("<iq id='1' type='set'>\n<a xmlns='b'/>\n</iq>", typeof(Iq))]
    [TestCase("<iq id='1' type='result'/>", typeof(Iq))]
    [TestCase("<iq id='1' type='error'><error/></iq>", typeof(Iq))]
    [TestCase("<message to='a@b/&apos;&lt;&amp;' id='&apos;&#10;'/>", typeof(Message))]
    [TestCase("<message xmlns:x='urn:x' x:a='1' b='&amp;'><x:c/></message>", typeof(Message))]
    [Property("Spec", "Z-11 Z-13 Z-19")]
    public void A_stanza_is_written_as_it_came(string xml, Type type)
    {
        foreach ((string header, string ns) in new[] { (Wire.Header, Namespaces.Client), (Wire.ServerHeader, Namespaces.Server) })
        {
            Stanza stanza = Wire.Stanza(xml, header);
            Assert.That(stanza, Is.TypeOf(type));
            Assert.That(Wire.Written(stanza, ns), Is.EqualTo(xml));
            byte[] canonical = StanzaWriter.ToCanonical(stanza);
            Assert.That(StanzaReader.ReadCanonical(canonical), Is.EqualTo(stanza));
            Assert.That(Element.Parse(canonical).Namespace, Is.EqualTo(Namespaces.Client));
        }
    }

    [Test]
    public void The_head_is_read()
    {
        var message = (Message)Wire.Stanza("<message from='romeo@example.com/a&amp;b' to='Juliet@example.com' id='&lt;' type='chat' xml:lang='fr'/>");
        Assert.That((message.From, message.To, message.Id, message.Type, message.Lang), Is.EqualTo(
            (Jid.Parse("romeo@example.com/a&b"), Jid.Parse("juliet@example.com"), "<", MessageType.Chat, "fr")));
    }

    [Test]
    public void An_address_cache_may_be_used()
    {
        JidCache cache = new();
        RawElement element = Wire.Element("<message to='juliet@example.com'/>");
        Jid? first = StanzaReader.Read(element, out _, cache)!.To;
        Assert.That(StanzaReader.Read(element, out _, cache)!.To, Is.SameAs(first));
    }

    [TestCase("<a/>")]
    [TestCase("<message xmlns='jabber:server'/>")]
    [TestCase("<stream:error/>")]
    [TestCase("<iq xmlns=''/>")]
    [Property("Spec", "S-17")]
    public void What_is_no_stanza_is_none(string xml)
    {
        Assert.That(StanzaReader.Read(Wire.Element(xml), out StanzaError? problem), Is.Null);
        Assert.That(problem, Is.Null);
    }

    [TestCase("<message to='@'/>", "jid-malformed", "Z-08")]
    [TestCase("<message from='a@b@c/'/>", "jid-malformed", "Z-09")]
    [TestCase("<iq type='get'><a/></iq>", "bad-request", "Z-14")]
    [TestCase("<iq id='1'><a/></iq>", "bad-request", "Z-14")]
    [TestCase("<iq id='1' type='fetch'><a/></iq>", "bad-request", "Z-14")]
    [TestCase("<iq id='1' type='get'/>", "bad-request", "Z-16")]
    [TestCase("<iq id='1' type='set'><a/><b/></iq>", "bad-request", "Z-16")]
    [TestCase("<presence type='available'/>", "bad-request", "U-15")]
    public void A_problem_can_be_answered(string xml, string condition, string spec)
    {
        Stanza stanza = Wire.Stanza(xml, problem: condition);
        Assert.That(Wire.Written(stanza.ToError(StanzaError.BadRequest)!), Does.Contain("type='error'"), spec);
    }

    [Test]
    [Property("Spec", "E-02 E-03 E-05")]
    public void An_error_goes_back_with_the_original()
    {
        Stanza iq = Wire.Stanza("<iq from='a@b/c' to='d@e' id='7' type='get'><x:q xmlns:x='urn:q'/></iq>");
        Assert.That(Wire.Written(iq.ToError(StanzaError.Forbidden with { Text = "no <way>" })!), Is.EqualTo(
            "<iq from='d@e' to='a@b/c' id='7' type='error'><x:q xmlns:x='urn:q'/><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" +
            "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>no &lt;way&gt;</text></error></iq>"));
        Stanza subscribe = Wire.Stanza("<presence from='a@b/c' to='d@e' type='subscribe'/>");
        Assert.That(Wire.Written(subscribe.ToError(StanzaError.Gone with { ConditionText = "xmpp:f@g" })!), Is.EqualTo(
            "<presence from='d@e' to='a@b/c' type='error'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>xmpp:f@g</gone></error></presence>"));
        Stanza doubled = Wire.Stanza("<message from='a@b/c'><error/><body>x</body></message>");
        Assert.That(doubled.ToError(StanzaError.Conflict)!.Content.Children.Select(child => child.Name.Name), Is.EqualTo(new[] { "body", "error" }));
        Stanza large = Wire.Stanza($"<message from='a@b/c'><body>{new string('x', 9000)}</body></message>");
        Assert.That(large.ToError(StanzaError.Conflict)!.Content.Children.Select(child => child.Name.Name), Is.EqualTo(new[] { "error" }));
    }

    [TestCase("<message type='error'/>")]
    [TestCase("<presence type='error'/>")]
    [TestCase("<iq id='1' type='error'/>")]
    [TestCase("<iq id='1' type='result'/>")]
    [Property("Spec", "E-04 Z-17")]
    public void Errors_and_results_are_not_answered(string xml) => Assert.That(Wire.Stanza(xml).ToError(StanzaError.BadRequest), Is.Null);

    [Test]
    public void A_result_has_swapped_addresses() =>
        Assert.That(Wire.Written(((Iq)Wire.Stanza("<iq from='a@b/c' to='d@e' id='7' type='get'><q xmlns='urn:q'/></iq>")).ToResult(new Element("urn:q", "q"))),
            Is.EqualTo("<iq from='d@e' to='a@b/c' id='7' type='result'><q xmlns='urn:q'/></iq>"));

    [TestCase("<presence><priority>5</priority></presence>", 5)]
    [TestCase("<presence><priority> -128\n</priority></presence>", -128)]
    [TestCase("<presence><priority>+127</priority></presence>", 127)]
    [TestCase("<presence><priority>128</priority></presence>", 0)]
    [TestCase("<presence><priority>high</priority></presence>", 0)]
    [TestCase("<presence><priority/></presence>", 0)]
    [TestCase("<presence><priority xmlns='urn:other'>5</priority></presence>", 0)]
    [TestCase("<presence/>", 0)]
    public void Priority(string xml, int priority) => Assert.That(((Presence)Wire.Stanza(xml)).Priority, Is.EqualTo(priority));

    [TestCase("<message xmlns='jabber:client'><body>x</body></message>", "<message><body>x</body></message>")]
    [TestCase("<message><body xmlns='jabber:client'>x</body></message>", "<message><body>x</body></message>")]
    [TestCase("<message><body xmlns='jabber:server' xml:lang='en'>x</body></message>", "<message><body xml:lang='en'>x</body></message>")]
    [TestCase("<message><body xml:lang='en'  xmlns='jabber:client' a='b'/>y</message>", "<message><body xml:lang='en' a='b'/>y</message>")]
    [TestCase("<message>1<c:body xmlns:c='jabber:client'>x<c:y/><z/></c:body>2<a/></message>", "<message>1<body>x<y/><z/></body>2<a/></message>")]
    [TestCase("<message xmlns:c='jabber:client'><c:body>x</c:body></message>", "<message xmlns:c='jabber:client'><body>x</body></message>")]
    [TestCase("<message><f xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'/></f></message>", "<message><f xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'/></f></message>")]
    [TestCase("<message><x xmlns=''/></message>", "<message><x xmlns=''/></message>")]
    [Property("Spec", "S-14 S-15")]
    public void The_content_namespace_changes_on_direct_children_only(string xml, string written)
    {
        Stanza stanza = Wire.Stanza(xml);
        Assert.That(Wire.Written(stanza, Namespaces.Server), Is.EqualTo(written));
        Assert.That(StanzaReader.ReadCanonical(StanzaWriter.ToCanonical(stanza)), Is.EqualTo(stanza));
    }

    [Test]
    [Property("Spec", "S-16")]
    public void Prefixes_of_the_stream_header_are_declared_where_they_are_used()
    {
        string header = Wire.Header.Replace(" to=", " xmlns:a='urn:a&amp;' xmlns:b='urn:b' xmlns:c='jabber:client' to=");
        Assert.That(Wire.Written(Wire.Stanza("<message><x xmlns='urn:x'><a:y/></x></message>", header)),
            Is.EqualTo("<message xmlns:a='urn:a&amp;'><x xmlns='urn:x'><a:y/></x></message>"));
        Assert.That(Wire.Written(Wire.Stanza("<message b:z='1'/>", header)), Is.EqualTo("<message b:z='1' xmlns:b='urn:b'/>"));
        Assert.That(Wire.Written(Wire.Stanza("<message xmlns:b='urn:own' b:z='1'><body/></message>", header)), Is.EqualTo("<message xmlns:b='urn:own' b:z='1'><body/></message>"));
        Assert.That(Wire.Written(Wire.Stanza("<message><c:body/></message>", header)), Does.EndWith("><body/></message>"));
        Stanza stanza = Wire.Stanza("<message><a:y><a:z/></a:y></message>", header);
        Assert.That(stanza.Content.Child(0).Child("urn:a&", "z"), Is.Not.Null);
        Assert.That(Encoding.UTF8.GetString(StanzaWriter.ToCanonical(stanza)), Is.EqualTo("<message xmlns='jabber:client' xmlns:a='urn:a&amp;'><a:y><a:z/></a:y></message>"));
    }

    [TestCase("<message/>x")]
    [TestCase("<message xmlns='jabber:server'/>")]
    [TestCase("<message xmlns='jabber:client'>")]
    [TestCase("<message xmlns='jabber:client'/><message xmlns='jabber:client'/>")]
    [TestCase("<iq xmlns='jabber:client'/>")]
    [TestCase("")]
    public void Only_the_canonical_form_reads_back(string xml) =>
        Assert.That(() => StanzaReader.ReadCanonical(Encoding.UTF8.GetBytes(xml)), Throws.TypeOf<FormatException>());
}
