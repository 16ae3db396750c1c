using System.Text;
using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Tests;

/// <summary>The runner's side of XEP-0198: it counts as a client has to, and an acknowledgement that cannot be is found out.</summary>
public class StreamManagementTests
{
    private const string Header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>";
    private const string Enable = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";
    private const string Enabled = "<enabled xmlns='urn:xmpp:sm:3' resume='true' id='sm1'/>";
    private const string Full = "romeo@example.org/orchard";

    [Test]
    public void Stanzas_are_counted_from_the_request_and_from_its_answer()
    {
        var client = Fresh();
        Send(client, Header + "<presence/>" + Enable + "<message to='a'/>");
        Come(client, "<message xmlns='jabber:client'/>");
        Come(client, Enabled);
        Send(client, "<iq type='get' id='1'/><r xmlns='urn:xmpp:sm:3'/><a xmlns='urn:xmpp:sm:3' h='0'/>");
        Come(client, "<message xmlns='jabber:client'/>");
        Come(client, "<presence xmlns='jabber:client'/>");
        Come(client, "<r xmlns='urn:xmpp:sm:3'/>");
        Assert.Multiple(() =>
        {
            Assert.That(client.Session!.Sent, Is.EqualTo(2));
            Assert.That(client.Session!.Received, Is.EqualTo(2));
            Assert.That(client.Acknowledgement, Is.EqualTo("<a xmlns='urn:xmpp:sm:3' h='2'/>"));
        });
    }

    [Test]
    public void A_stanza_in_pieces_counts_when_it_is_whole()
    {
        var client = Managed();
        foreach (var octet in "<message to='a'><body>x</body></message>")
            Send(client, octet.ToString());
        Assert.That(client.Session!.Sent, Is.EqualTo(1));
        Send(client, "<message to='a'><bo");
        Assert.That(client.Session!.Sent, Is.EqualTo(1));
    }

    [TestCase("3", TestName = "More than was sent")]
    [TestCase("0", TestName = "Less than before")]
    [TestCase("one", TestName = "No number")]
    [TestCase(null, TestName = "Nothing")]
    public void An_acknowledgement_that_cannot_be_fails(string? h)
    {
        var client = Managed();
        Send(client, "<message to='a'/><message to='a'/>");
        Come(client, "<a xmlns='urn:xmpp:sm:3' h='1'/>");
        var told = new Element(ManagedSession.Ns, "a").With("h", h);
        Assert.That(() => client.NoteCame(told, Full), Throws.InstanceOf<PlayFailedException>());
    }

    [Test]
    public void A_resumed_session_goes_on_where_both_sides_say()
    {
        var client = Managed();
        Send(client, "<message to='a'/><message to='a'/>");
        Come(client, "<message xmlns='jabber:client'/>");
        Come(client, "<message xmlns='jabber:client'/>");
        client.Reconnect();
        Assert.That(client.IsOn, Is.False);
        Send(client, Header + "<resume xmlns='urn:xmpp:sm:3' previd='sm1' h='1'/>");
        Assert.That(Come(client, "<resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='1'/>"), Is.EqualTo(Full));
        Assert.That((client.IsOn, client.Session!.Sent, client.Session!.Received), Is.EqualTo((true, 1u, 1u)));
    }

    [Test]
    public void Another_actor_takes_the_session_over()
    {
        var sessions = new Dictionary<string, ManagedSession>();
        var (first, second) = (new StreamManagement(sessions), new StreamManagement(sessions));
        Send(first, Header + Enable);
        Come(first, Enabled);
        Send(second, Header + "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><resume xmlns='urn:xmpp:sm:3' previd='sm1' h='7'/></authenticate>");
        Assert.That(Come(second, "<success xmlns='urn:xmpp:sasl:2'><resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='0'/></success>"), Is.EqualTo(Full));
        Assert.That(second.Session!.Received, Is.EqualTo(7));
        Assert.That(Come(second, "<resumed xmlns='urn:xmpp:sm:3' previd='unknown' h='0'/>"), Is.Null);
    }

    [Test]
    public void A_session_begins_along_with_Bind_2()
    {
        var client = Fresh();
        Send(client, Header);
        Assert.That(
            Come(client, $"<success xmlns='urn:xmpp:sasl:2'><authorization-identifier>{Full}</authorization-identifier><bound xmlns='urn:xmpp:bind:0'>{Enabled}</bound></success>"),
            Is.EqualTo(Full));
        Send(client, "<message to='a'/>");
        Assert.That((client.IsOn, client.Session!.Full, client.Session!.Sent), Is.EqualTo((true, Full, 1u)));
    }

    [Test]
    public void After_SASL_a_new_stream_is_counted()
    {
        var client = Fresh();
        Send(client, Header + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>eA==</auth>");
        Come(client, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        Send(client, "<?xml version='1.0'?>" + Header + Enable);
        Come(client, Enabled);
        Send(client, "<message to='a'/>");
        Assert.That(client.Session!.Sent, Is.EqualTo(1));
    }

    [Test]
    public void What_is_no_stream_is_not_counted()
    {
        var client = Managed();
        Send(client, "<message to='a'/></wrong><message/>");
        Send(client, "<message to='a'/>");
        Assert.That(client.Session!.Sent, Is.EqualTo(1));
    }

    private static StreamManagement Fresh() => new([]);

    private static StreamManagement Managed()
    {
        var client = Fresh();
        Send(client, Header + Enable);
        Come(client, Enabled);
        return client;
    }

    private static void Send(StreamManagement client, string text) => client.NoteSent(Encoding.UTF8.GetBytes(text));

    private static string? Come(StreamManagement client, string xml) => client.NoteCame(Element.Parse(xml), Full);
}
