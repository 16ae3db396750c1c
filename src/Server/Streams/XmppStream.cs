using System.Buffers;
using System.IO.Pipelines;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Streams;

/// <summary>How reading came to an end.</summary>
internal enum StreamEnd
{
    /// <summary>The handler asked for it.</summary>
    Stopped,

    /// <summary>The handler asked for TLS, and nothing was sent behind what asked for it.</summary>
    Upgrade,

    /// <summary>The peer's bytes ended without a closing tag.</summary>
    Lost,

    /// <summary><see cref="XmppStream.Interrupt"/> was called.</summary>
    Interrupted,
}

/// <summary>
/// The stream over one pair of pipes: bytes to events on one side, elements to bytes on the other. Kestrel, TLS and tests look the
/// same to it. One reader and one writer at a time.
/// </summary>
internal sealed class XmppStream(IDuplexPipe transport, XmlLimits limits, StreamClock clock)
{
    // About what the kernels of both sides hold; who sends more than that does not listen.
    private const long DrainBytes = 4 * 1024 * 1024;

    private IDuplexPipe transport = transport;
    private StreamDecoder decoder = new(limits);
    private bool interrupted;
    private volatile bool isHeld;

    /// <summary>The bounds on what the peer may send; kept over restarts.</summary>
    public XmlLimits Limits { get => decoder.Limits; set => decoder.Limits = value; }

    /// <summary>Asked when white space comes between elements: true when there may be none (XEP-0388 §2.4).</summary>
    public required Func<bool> ForbidsWhitespace { get; init; }

    /// <summary>The content namespace, which elements are written in without saying so (RFC 6120 §4.8.2).</summary>
    public string ContentNamespace { get; init; } = Namespaces.Client;

    /// <summary>When the peer last sent anything, whitespace included, in the clock's seconds.</summary>
    public int LastRead { get; private set; } = clock.Now;

    /// <summary>Since when a flush waits for the peer to read, in the clock's seconds; −1 while none does.</summary>
    public int FlushingSince { get; private set; } = -1;

    /// <summary>Bytes written and not yet flushed.</summary>
    public long Unflushed => transport.Output.UnflushedBytes;

    /// <summary>Where elements are written; what is written leaves with <see cref="FlushAsync"/>.</summary>
    public IBufferWriter<byte> Output => transport.Output;

    /// <summary>Reads until the peer is gone or the handler wants something else, one event at a time.</summary>
    /// <exception cref="StreamException">What the peer sent ends the stream.</exception>
    public async ValueTask<StreamEnd> ReadAsync(Func<StreamEvent, CancellationToken, ValueTask<StreamStep>> handle, CancellationToken cancel)
    {
        while (true)
        {
            if (Volatile.Read(ref interrupted)) return StreamEnd.Interrupted;
            ReadResult result = await transport.Input.ReadAsync(cancel);
            ReadOnlySequence<byte> buffer = result.Buffer;
            bool isStopped = false;
            try
            {
                if (result.IsCanceled && Volatile.Read(ref interrupted)) return StreamEnd.Interrupted;
                if (!buffer.IsEmpty) LastRead = clock.Now;
                while (!Volatile.Read(ref interrupted) && TryRead(ref buffer, out StreamEvent next))
                {
                    switch (await handle(next, cancel))
                    {
                        case StreamStep.Restart:
                            decoder = new StreamDecoder(decoder.Limits);
                            break;
                        case StreamStep.Upgrade:
                            // RFC 6120 §5.3.3, CVE-2011-0411: what was sent behind <starttls/> in the clear is anybody's.
                            buffer = SkipWhitespace(buffer);
                            if (!buffer.IsEmpty) throw new StreamException(StreamError.PolicyViolation with { Text = "Data behind <starttls/>" });
                            return StreamEnd.Upgrade;
                        case StreamStep.Close:
                            isStopped = true;
                            return StreamEnd.Stopped;
                    }
                }
            }
            finally
            {
                // Who stops may go on reading, and what is there already is not to be waited for.
                transport.Input.AdvanceTo(buffer.Start, isStopped ? buffer.Start : buffer.End);
            }
            if (result.IsCompleted) return StreamEnd.Lost;
        }
    }

    /// <summary>Makes a pending read, or the next one, return <see cref="StreamEnd.Interrupted"/>. From any thread.</summary>
    public void Interrupt()
    {
        Interlocked.Exchange(ref interrupted, true);   // before the transport is looked at: a reader that changes it sees this
        transport.Input.CancelPendingRead();
    }

    /// <summary>
    /// Waits for the first byte of the peer's TLS and leaves it unread. COMPAT: RFC 6120 §5.3.3 forbids white space between
    /// <c>starttls</c> and TLS, and go-sendxmpp ends the element with a line break, which may come in a packet of its own. It says
    /// nothing, so dropping it opens nothing; no TLS record begins with it.
    /// </summary>
    public async ValueTask SkipWhitespaceAsync(CancellationToken cancel)
    {
        while (true)
        {
            ReadResult result = await transport.Input.ReadAsync(cancel);
            ReadOnlySequence<byte> rest = SkipWhitespace(result.Buffer);
            transport.Input.AdvanceTo(rest.Start);
            if (!rest.IsEmpty || result.IsCompleted) return;
        }
    }

    /// <summary>Goes on over another pair of pipes, with a fresh decoder.</summary>
    public void Rebase(IDuplexPipe transport)
    {
        Interlocked.Exchange(ref this.transport, transport);
        decoder = new StreamDecoder(decoder.Limits);
    }

    /// <summary>The peer begins a new stream on the same connection (RFC 6120 §4.3.3); for who reads one event at a time.</summary>
    public void Restart() => decoder = new StreamDecoder(decoder.Limits);

    /// <summary>Writes an element as a first-level element of the stream; not flushed.</summary>
    public void Write(Element element) => element.WriteTo(transport.Output, ContentNamespace);

    /// <summary>Writes the stream features (RFC 6120 §4.3.2); not flushed.</summary>
    public void WriteFeatures(IReadOnlyList<Element> features) => StreamFeatures.WriteTo(transport.Output, features);

    /// <summary>Writes the end of the stream, with an error before it when there is one (RFC 6120 §4.4, §4.9.1); not flushed.</summary>
    public void WriteEnd(StreamError? error)
    {
        error?.WriteTo(transport.Output);
        transport.Output.Write("</stream:stream>"u8);
    }

    /// <summary>Flushes are refused from now on, until this is taken back. Returns since when one is under way nevertheless, −1 for none. From any thread.</summary>
    public int Hold(bool isHeld)
    {
        this.isHeld = isHeld;
        Interlocked.MemoryBarrier();   // either a flush sees this, or this sees the flush
        return FlushingSince;
    }

    /// <summary>Sends what was written. False: the connection is gone, or flushes are held.</summary>
    public async ValueTask<bool> FlushAsync(CancellationToken cancel)
    {
        FlushingSince = clock.Now;
        Interlocked.MemoryBarrier();
        try
        {
            if (isHeld) return false;
            return !(await transport.Output.FlushAsync(cancel)).IsCompleted;
        }
        catch (IOException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            return false;   // the connection was aborted and its pipe completed in between
        }
        finally
        {
            FlushingSince = -1;
        }
    }

    /// <summary>
    /// RFC 6120 §4.4: after our own closing tag the peer may still send. Waits for its closing tag, the end of its bytes or more of them than
    /// can have been under way, and never throws.
    /// </summary>
    /// <param name="broken">True when what the peer sends cannot be read any more; then only the end of its bytes counts.</param>
    /// <param name="look">Gets each element that still comes; null when nobody wants to know.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask DrainAsync(bool broken, Action<RawElement>? look, CancellationToken cancel)
    {
        try
        {
            long left = DrainBytes;
            while (left > 0)
            {
                ReadResult result = await transport.Input.ReadAsync(cancel);
                ReadOnlySequence<byte> buffer = result.Buffer;
                long length = buffer.Length;
                bool closed = !broken && SkipToClose(ref buffer, look, out broken);
                if (broken) buffer = buffer.Slice(buffer.End);
                left -= length - buffer.Length;
                transport.Input.AdvanceTo(buffer.Start, buffer.End);
                if (closed || result.IsCompleted) return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The peer closed less politely, or it took too long.
        }
    }

    private bool TryRead(ref ReadOnlySequence<byte> buffer, out StreamEvent next)
    {
        bool isRead = decoder.TryRead(ref buffer, out next);
        if (decoder.SawWhitespace && ForbidsWhitespace()) throw new StreamException(StreamError.NotAuthorized with { Text = "White space while signing in" });
        return isRead;
    }

    private bool SkipToClose(ref ReadOnlySequence<byte> buffer, Action<RawElement>? look, out bool broken)
    {
        broken = false;
        try
        {
            while (decoder.TryRead(ref buffer, out StreamEvent next))
            {
                if (next.Kind == StreamEventKind.Close) return true;
                if (next.Kind == StreamEventKind.Element) look?.Invoke(next.Element!);
            }
        }
        catch (StreamException)
        {
            broken = true;   // it has been told to go already
        }
        return false;
    }

    private static ReadOnlySequence<byte> SkipWhitespace(in ReadOnlySequence<byte> bytes)
    {
        var reader = new SequenceReader<byte>(bytes);
        reader.AdvancePastAny(" \t\r\n"u8);
        return reader.UnreadSequence;
    }
}
