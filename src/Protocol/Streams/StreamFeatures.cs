using System.Buffers;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>The <c>stream:features</c> element (RFC 6120 §4.3.2).</summary>
public static class StreamFeatures
{
    /// <summary>Writes it with the prefix <c>stream</c>, and each feature with a default <c>xmlns</c> of its own: loudmouth closes on prefixed features.</summary>
    public static void WriteTo(IBufferWriter<byte> output, IEnumerable<Element> features)
    {
        XmlOutput xml = new(output);
        xml.Write("<stream:features>"u8);
        foreach (Element feature in features) ElementWriter.Write(ref xml, feature, "");
        xml.Write("</stream:features>"u8);
        xml.Flush();
    }
}
