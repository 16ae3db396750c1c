using System.Buffers;
using System.Reflection;
using System.Text;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Streams;

public sealed class StreamWritingTests
{
    private static string Written(Action<IBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> output = new();
        write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    [Test]
    public void A_header_reads_back()
    {
        StreamHeader header = new() { ContentNamespace = Namespaces.Server, From = "a'b", To = "c<d", Id = "&", Lang = "en", Version = "1.0", Declarations = [new("db", "jabber:server:dialback")] };
        string xml = Written(header.WriteTo);
        Assert.That(xml, Is.EqualTo("<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' " +
            "from='a&apos;b' to='c&lt;d' id='&amp;' version='1.0' xml:lang='en'>"));
        Assert.That(Wire.Read(xml), Is.EqualTo("header jabber:server from=a'b to=c<d id=& version=1.0 lang=en\nmore 0\n"));
        Assert.That(Written(new StreamHeader { ContentNamespace = Namespaces.Client }.WriteTo),
            Is.EqualTo("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"));
    }

    [Test]
    public void Features_have_default_namespaces() =>
        Assert.That(Written(output => StreamFeatures.WriteTo(output, [new Element(Namespaces.Bind, "bind"), new Element(Namespaces.Session, "session", new Element(Namespaces.Session, "optional"))])),
            Is.EqualTo("<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session></stream:features>"));

    [Test]
    [Property("Spec", "SE-01")]
    public void A_stream_error_has_condition_text_and_application_condition()
    {
        Assert.That(Written((StreamError.NotWellFormed with { Text = "a < b", AppCondition = new Element("urn:app", "why") }).WriteTo), Is.EqualTo(
            "<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>a &lt; b</text><why xmlns='urn:app'/></stream:error>"));
        Assert.That(Written(StreamError.SeeOtherHost("[::1]:5222").WriteTo), Does.Contain(">[::1]:5222</see-other-host>"));
    }

    [Test]
    [Property("Spec", "SE-01 E-02")]
    public void The_catalogues_are_complete()
    {
        static string[] Conditions<T>(Func<T, string> condition) =>
            [.. typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.FieldType == typeof(T)).Select(field => condition((T)field.GetValue(null)!)).Order(StringComparer.Ordinal)];
        Assert.That(Conditions<StreamError>(error => error.Condition), Is.EqualTo(new[]
        {
            "bad-format", "bad-namespace-prefix", "conflict", "connection-timeout", "host-gone", "host-unknown", "improper-addressing", "internal-server-error", "invalid-from",
            "invalid-namespace", "invalid-xml", "not-authorized", "not-well-formed", "policy-violation", "remote-connection-failed", "reset", "resource-constraint", "restricted-xml",
            "system-shutdown", "undefined-condition", "unsupported-encoding", "unsupported-feature", "unsupported-stanza-type", "unsupported-version",
        }));
        Assert.That(Conditions<StanzaError>(error => $"{error.Condition} {error.Type.ToString().ToLowerInvariant()}"), Is.EqualTo(new[]
        {
            "bad-request modify", "conflict cancel", "feature-not-implemented cancel", "forbidden auth", "gone cancel", "internal-server-error cancel", "item-not-found cancel",
            "jid-malformed modify", "not-acceptable modify", "not-allowed cancel", "not-authorized auth", "policy-violation modify", "recipient-unavailable wait", "redirect modify",
            "registration-required auth", "remote-server-not-found cancel", "remote-server-timeout wait", "resource-constraint wait", "service-unavailable cancel",
            "subscription-required auth", "undefined-condition cancel", "unexpected-request wait",
        }));
    }
}
