using System.Buffers;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>
/// Turns the bytes of one XML stream into events. Resumable at any byte: hand it all bytes from the last unconsumed one on, and
/// it goes on scanning where it stopped. Linear time. A new one starts with each stream restart.
/// </summary>
/// <remarks>
/// Text is judged as its bytes arrive, a tag when its <c>&gt;</c> does. An element stays in the caller's buffer until it is complete
/// and is then copied once; what is kept meanwhile is a scan position, the open names and the namespaces in force.
/// </remarks>
public sealed class StreamDecoder
{
    private readonly FirstLevelParser parser;
    private XmlLimits limits;
    private Expect expect = Expect.Start;
    private StreamError? failure;

    /// <summary>Bytes of the unfinished unit that were scanned, counted from the start of the caller's buffer.</summary>
    private int scanned;

    private enum Expect : byte
    {
        /// <summary>The first byte of the stream that is no whitespace.</summary>
        Start,
        /// <summary>The stream's opening tag.</summary>
        Header,
        /// <summary>First-level elements or the stream's closing tag.</summary>
        Content,
        /// <summary>The close event of an empty <c>&lt;stream:stream/&gt;</c>.</summary>
        LateClose,
        Nothing,
    }

    /// <summary>Creates a decoder for one stream. <paramref name="limits"/> may be changed later by <see cref="Limits"/>.</summary>
    public StreamDecoder(XmlLimits limits)
    {
        this.limits = limits;
        parser = new FirstLevelParser();
    }

    /// <summary>A decoder for first-level elements without a stream around them, which declare what they need.</summary>
    internal StreamDecoder(XmlLimits limits, StreamContext context) : this(limits)
    {
        parser.Begin(context);
        expect = Expect.Content;
    }

    /// <summary>The bounds from the next byte on.</summary>
    public XmlLimits Limits
    {
        get => limits;
        set => limits = value;
    }

    /// <summary>True when whitespace between first-level elements was consumed by the last call (a keepalive, RFC 6120 §4.6.1).</summary>
    public bool SawWhitespace { get; private set; }

    /// <summary>All bytes looked at so far; grows by each byte handed in once. For the test that the work is linear.</summary>
    internal long Examined { get; private set; }

    /// <summary>
    /// Reads the next event and cuts what it consumed off <paramref name="buffer"/>. False: more bytes are needed.
    /// What follows the closing tag of the stream is consumed and ignored (RFC 6120 §4.4).
    /// </summary>
    /// <exception cref="StreamException">
    /// The input breaks a rule; the stream has to end with that error. Every later call throws it again. An error in the very
    /// header is answered by a header first (RFC 6120 §4.9.1.2).
    /// </exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out StreamEvent next)
    {
        SawWhitespace = false;
        next = default;
        if (failure is not null) throw new StreamException(failure);
        try
        {
            return expect switch
            {
                Expect.Nothing => Ignore(ref buffer),
                Expect.LateClose => Close(out next),
                _ => Read(ref buffer, ref next),
            };
        }
        catch (StreamException e)
        {
            failure = e.Error;
            throw;
        }
    }

    private static bool Ignore(ref ReadOnlySequence<byte> buffer)
    {
        buffer = buffer.Slice(buffer.End);
        return false;
    }

    private bool Close(out StreamEvent next)
    {
        expect = Expect.Nothing;
        next = new StreamEvent(StreamEventKind.Close, null, null);
        return true;
    }

    private bool Read(ref ReadOnlySequence<byte> buffer, ref StreamEvent next)
    {
        while (true)
        {
            if (scanned == 0) SkipWhitespace(ref buffer);
            if (buffer.IsEmpty) return false;
            if (scanned == 0) parser.Unit(expect == Expect.Start, expect is Expect.Start or Expect.Header);
            Parsed parsed = Scan(buffer);
            if (parsed == Parsed.Nothing) return false;
            ReadOnlySequence<byte> unit = buffer.Slice(0, scanned);
            buffer = buffer.Slice(scanned);
            scanned = 0;
            switch (parsed)
            {
                case Parsed.Declaration:
                    expect = Expect.Header;
                    continue;
                case Parsed.Header or Parsed.EmptyHeader:
                    expect = parsed == Parsed.Header ? Expect.Content : Expect.LateClose;
                    next = new StreamEvent(StreamEventKind.Header, parser.TakeHeader(), null);
                    return true;
                case Parsed.Close:
                    return Close(out next);
                default:
                    next = new StreamEvent(StreamEventKind.Element, null, parser.TakeElement(unit));
                    return true;
            }
        }
    }

    /// <summary>
    /// Consumes whitespace between units at once, so that a keepalive never waits in the buffer. COMPAT: also before the XML declaration,
    /// where XML 1.0 §2.8 allows none: go-sendxmpp ends each element with a line break, and the one behind its last SASL response
    /// is the first byte of the restarted stream.
    /// </summary>
    private void SkipWhitespace(ref ReadOnlySequence<byte> buffer)
    {
        long skipped = 0;
        foreach (ReadOnlyMemory<byte> memory in buffer)
        {
            int count = memory.Span.IndexOfAnyExcept(" \n\r\t"u8);
            skipped += count < 0 ? memory.Length : count;
            if (count >= 0) break;
        }
        if (skipped == 0) return;
        SawWhitespace = true;
        Examined += skipped;
        buffer = buffer.Slice(skipped);
    }

    /// <summary>Scans the bytes of the current unit that were not scanned yet, and none beyond the limit.</summary>
    private Parsed Scan(in ReadOnlySequence<byte> buffer)
    {
        int limit = limits.StanzaBytes > 0 ? limits.StanzaBytes : int.MaxValue;
        long end = Math.Max(scanned, Math.Min(buffer.Length, limit));
        ReadOnlySequence<byte> fresh = buffer.Slice(scanned, end - scanned);
        SequencePosition position = fresh.Start;
        while (fresh.TryGet(ref position, out ReadOnlyMemory<byte> memory))
        {
            Parsed parsed = parser.Scan(buffer, memory.Span, scanned, limits, out int used);
            scanned += used;
            Examined += used;
            if (parsed != Parsed.Nothing) return parsed;
        }
        if (buffer.Length > limit) throw XmlFault.Limit("too large");
        return Parsed.Nothing;
    }
}
