using System.Buffers;
using System.Text;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;

namespace PresenceXml.Protocol.Tests.Streams;

/// <summary>The elements of server dialback (XEP-0220), on a stream whose header declares <c>db</c>.</summary>
public sealed class DialbackElementTests
{
    private static DialbackElement Read(string xml) => DialbackElement.Read(Wire.Element(xml, Wire.ServerHeader))!;

    private static string Written(DialbackElement element)
    {
        ArrayBufferWriter<byte> output = new();
        element.WriteTo(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    [Test, Property("Spec", "DB-1")]
    public void A_result_is_read_and_written()
    {
        DialbackElement request = Read("<db:result from='Capulet.example' to='montague.example'>\n b48 </db:result>");
        Assert.That(request, Is.EqualTo(new DialbackElement(false, "capulet.example", "montague.example") { Key = "b48" }));
        Assert.That(request.IsRequest, Is.True);
        Assert.That(Written(request), Is.EqualTo("<db:result from='capulet.example' to='montague.example'>b48</db:result>"));
        Assert.That(Written(request.Answer(true)), Is.EqualTo("<db:result from='montague.example' to='capulet.example' type='valid'/>"));
        Assert.That(request.IsAnsweredBy(request.Answer(false)), Is.True);
        Assert.That(request.IsAnsweredBy(request), Is.False);
    }

    [Test, Property("Spec", "DB-2")]
    public void An_answer_to_verify_repeats_the_id_and_swaps_the_domains()
    {
        DialbackElement request = Read("<db:verify from='a.example' to='b.example' id='&lt;7'>k</db:verify>");
        Assert.That(Written(request.Answer(false)), Is.EqualTo("<db:verify from='b.example' to='a.example' id='&lt;7' type='invalid'/>"));
        Assert.That(request.IsAnsweredBy(request.Answer(true) with { Id = "8" }), Is.False);
        Assert.That(request.IsAnsweredBy(request.Answer(true) with { From = "c.example" }), Is.False);
        Assert.That(request.IsAnsweredBy(request.Answer(true) with { IsVerify = false }), Is.False);
    }

    [Test, Property("Spec", "DB-3")]
    public void An_error_reads_back()
    {
        DialbackElement error = new DialbackElement(false, "a.example", "b.example").Answer(StanzaError.ItemNotFound with { Text = "not <here>" });
        string xml = Written(error);
        Assert.That(xml, Is.EqualTo("<db:result from='b.example' to='a.example' type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" +
            "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>not &lt;here&gt;</text></error></db:result>"));
        DialbackElement read = Read(xml);
        Assert.That((read.Type, read.Error!.Condition, read.Error.Text), Is.EqualTo(("error", "item-not-found", "not <here>")));
    }

    [Test]
    public void A_key_that_is_markup_stays_text() =>
        Assert.That(Written(Read("<db:result from='a' to='b'>&lt;/db:result>&lt;message/></db:result>")), Is.EqualTo("<db:result from='a' to='b'>&lt;/db:result&gt;&lt;message/&gt;</db:result>"));

    [TestCase("<db:result from='x@a' to='b'>k</db:result>"), TestCase("<db:result to='b'>k</db:result>"), TestCase("<db:result from='a' to='b/c'>k</db:result>")]
    [TestCase("<db:result from='a' to='b'/>"), TestCase("<db:verify from='a' to='b'>k</db:verify>"), TestCase("<db:result from='a' to='b' type='valid'>k</db:result>")]
    public void What_lacks_something_is_no_request(string xml) => Assert.That(Read(xml).IsRequest, Is.False);

    [Test]
    public void Nothing_else_is_one()
    {
        Assert.That(DialbackElement.Read(Wire.Element("<result xmlns='jabber:server' from='a' to='b'>k</result>", Wire.ServerHeader)), Is.Null);
        Assert.That(DialbackElement.Read(Wire.Element("<db:other/>", Wire.ServerHeader)), Is.Null);
    }
}
