using System.Buffers;
using BenchmarkDotNet.Attributes;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Bench.Micro;

/// <summary>From the bytes of a pipe to a stanza, and back.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class DecodeBenchmarks
{
    private readonly StreamDecoder decoder = new(new XmlLimits(262144, 64, 128));
    private readonly ArrayBufferWriter<byte> output = new(1024);
    private Stanza message = null!;

    [GlobalSetup]
    public void Open()
    {
        var header = new ReadOnlySequence<byte>(Wire.Header);
        decoder.TryRead(ref header, out _);
        message = DecodeMessage();
    }

    [Benchmark]
    public RawElement DecodeElement() => Decode(Wire.Message);

    [Benchmark]
    public Stanza DecodeMessage() => StanzaReader.Read(Decode(Wire.Message), out _)!;

    [Benchmark]
    public Stanza DecodePresence() => StanzaReader.Read(Decode(Wire.Presence), out _)!;

    [Benchmark]
    public int WriteMessage()
    {
        output.ResetWrittenCount();
        StanzaWriter.Write(output, message, Protocol.Namespaces.Client);
        return output.WrittenCount;
    }

    private RawElement Decode(byte[] bytes)
    {
        var input = new ReadOnlySequence<byte>(bytes);
        return decoder.TryRead(ref input, out StreamEvent next) ? next.Element! : throw new InvalidOperationException("incomplete");
    }
}
