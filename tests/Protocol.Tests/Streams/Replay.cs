using System.Buffers;
using System.Text;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Streams;

/// <summary>Feeds a decoder as a pipe does and writes down all that came of it, for comparison between ways of cutting the same bytes.</summary>
internal static class Replay
{
    public static readonly XmlLimits Limits = new(10_000, 32, 40);

    /// <summary>One line per event; at the end what ended it: <c>error CONDITION</c>, or <c>more</c> and how many bytes were left.</summary>
    /// <param name="input">The bytes of a stream.</param>
    /// <param name="lengths">The lengths of the pieces to hand in; what they do not cover is the last piece.</param>
    public static string Run(byte[] input, IEnumerable<int> lengths, XmlLimits? limits = null)
    {
        StringBuilder transcript = new();
        StreamDecoder decoder = new(limits ?? Limits);
        Segment last = new(ReadOnlyMemory<byte>.Empty, null);
        ReadOnlySequence<byte> buffer = new(last, 0, last, 0);
        int position = 0;
        using IEnumerator<int> pieces = lengths.GetEnumerator();
        try
        {
            while (true)
            {
                int length = pieces.MoveNext() ? Math.Min(pieces.Current, input.Length - position) : input.Length - position;
                last = new Segment(input.AsMemory(position, length), last);
                position += length;
                buffer = new ReadOnlySequence<byte>((Segment)buffer.Start.GetObject()!, buffer.Start.GetInteger(), last, last.Memory.Length);
                while (decoder.TryRead(ref buffer, out StreamEvent next)) Describe(next, transcript);
                if (position == input.Length) break;
            }
            transcript.Append("more ").Append(buffer.Length).Append('\n');
        }
        catch (StreamException e)
        {
            transcript.Append("error ").Append(e.Error.Condition).Append('\n');
        }
        return transcript.ToString();
    }

    private static void Describe(StreamEvent next, StringBuilder transcript)
    {
        switch (next.Kind)
        {
            case StreamEventKind.Header:
                StreamHeader header = next.Header!;
                transcript.Append($"header {header.ContentNamespace} from={header.From} to={header.To} id={header.Id} version={header.Version} lang={header.Lang}\n");
                break;
            case StreamEventKind.Element:
                RawElement element = next.Element!;
                transcript.Append($"element {element.Name}");
                foreach (XmlAttribute attribute in element.Attributes) transcript.Append($" {attribute.Name}={attribute.Value}");
                foreach (RawChild child in element.Children)
                    transcript.Append($" [{child.Name} {Encoding.UTF8.GetString(element.Content.Span.Slice(child.Start, child.Length))}]");
                transcript.Append($" {element.ToElement()} {element}\n");
                break;
            default:
                transcript.Append("close\n");
                break;
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is null) return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
