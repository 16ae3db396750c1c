using System.Text;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Streams;

/// <summary>Wire literals: each is read whole, cut at each point, and byte by byte, and must give the same.</summary>
internal static class Wire
{
    public const string Header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.com' version='1.0'>";
    public const string ServerHeader = "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' to='example.com' version='1.0'>";

    /// <summary>What a decoder makes of these bytes, however they are cut.</summary>
    public static string Read(byte[] input, XmlLimits? limits = null)
    {
        string whole = Replay.Run(input, [], limits);
        for (int cut = 0; cut <= input.Length; cut++)
        {
            string fragmented = Replay.Run(input, [cut], limits);
            if (fragmented != whole) Assert.Fail($"cut at {cut} of {Encoding.UTF8.GetString(input)}:\n{fragmented}\ninstead of\n{whole}");
        }
        Assert.That(Replay.Run(input, Enumerable.Repeat(1, input.Length), limits), Is.EqualTo(whole), "byte by byte");
        Assert.That(Replay.Run(input, Enumerable.Range(0, input.Length * 2).Select(i => i % 2), limits), Is.EqualTo(whole), "with empty reads");
        return whole;
    }

    public static string Read(string input, XmlLimits? limits = null) => Read(Encoding.UTF8.GetBytes(input), limits);

    /// <summary>The last line: <c>error CONDITION</c>, or <c>more</c> and how many bytes were left.</summary>
    public static string End(string input, XmlLimits? limits = null) => Last(Read(input, limits));

    public static string End(byte[] input, XmlLimits? limits = null) => Last(Read(input, limits));

    public static string Last(string transcript) => transcript.TrimEnd('\n').Split('\n')[^1];

    /// <summary>The first-level element behind a header.</summary>
    public static RawElement Element(string xml, string header = Header)
    {
        var input = new System.Buffers.ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(header + xml));
        StreamDecoder decoder = new(new XmlLimits(1 << 20, 64, 64));
        Assert.That(decoder.TryRead(ref input, out StreamEvent next) && next.Kind == StreamEventKind.Header);
        Assert.That(decoder.TryRead(ref input, out next) && next.Kind == StreamEventKind.Element && input.IsEmpty);
        return next.Element!;
    }

    /// <summary>The stanza behind a header; in order unless <paramref name="problem"/> names a condition.</summary>
    public static Stanza Stanza(string xml, string header = Header, string? problem = null)
    {
        Stanza? stanza = StanzaReader.Read(Element(xml, header), out StanzaError? found);
        Assert.That(stanza, Is.Not.Null);
        Assert.That(found?.Condition, Is.EqualTo(problem));
        return stanza!;
    }

    /// <summary>A stanza as it is written onto a stream.</summary>
    public static string Written(Stanza stanza, string contentNamespace = Namespaces.Client)
    {
        System.Buffers.ArrayBufferWriter<byte> output = new();
        StanzaWriter.Write(output, stanza, contentNamespace);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
