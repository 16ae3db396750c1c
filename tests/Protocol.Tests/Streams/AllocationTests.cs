using System.Buffers;
using System.Text;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Streams;

public sealed class AllocationTests
{
    [Test]
    public void A_message_of_200_bytes_costs_less_than_700()
    {
        byte[] message = Encoding.UTF8.GetBytes(
            "<message to='juliet@example.com/balcony' type='chat' id='a1b2c3d4'><body>" + new string('x', 55) + "</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>");
        Assert.That(message, Has.Length.EqualTo(200));
        JidCache addresses = new();
        StreamDecoder decoder = new(new XmlLimits(262_144, 64, 64));
        ReadOnlySequence<byte> buffer = new(Encoding.UTF8.GetBytes(Wire.Header));
        decoder.TryRead(ref buffer, out _);
        long Once(int times)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < times; i++)
            {
                buffer = new ReadOnlySequence<byte>(message);
                decoder.TryRead(ref buffer, out StreamEvent next);
                if (StanzaReader.Read(next.Element!, out _, addresses) is not Message) return -1;
            }
            return (GC.GetAllocatedBytesForCurrentThread() - before) / times;
        }
        Once(10);
        Assert.That(Once(1000), Is.InRange(1, 700));
    }

    [Test]
    public void An_idle_decoder_is_small()
    {
        byte[] header = Encoding.UTF8.GetBytes(Wire.Header + "<presence/>");
        byte[] large = Encoding.UTF8.GetBytes("<message><body" + string.Concat(Enumerable.Range(0, 60).Select(i => $" a{i}='{i}'")) + ">"
            + string.Concat(Enumerable.Repeat("<long-element-name xmlns:a='urn:a'>", 50)) + string.Concat(Enumerable.Repeat("</long-element-name>", 50)) + "</body>"
            + string.Concat(Enumerable.Repeat("<x/>", 500)) + "</message>");
        var decoders = new StreamDecoder[50];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < decoders.Length; i++)
        {
            decoders[i] = new StreamDecoder(new XmlLimits(0, 0, 0));
            foreach (byte[] bytes in new[] { header, large })
            {
                ReadOnlySequence<byte> buffer = new(bytes);
                while (decoders[i].TryRead(ref buffer, out _)) { }
            }
        }
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / decoders.Length;
        Assert.That(each, Is.LessThan(2048));
        GC.KeepAlive(decoders);
    }
}
