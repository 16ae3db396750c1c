using System.Buffers;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Sessions;

/// <summary>
/// The outbound side of stream management (XEP-0198 1.6 §4): what was handed to the writer and not acknowledged, and what is to be written
/// that is no stanza. Guarded by the outbox's door; what is said to be the writer's is only the writer's.
/// </summary>
/// <param name="handled">Where the client's count begins.</param>
internal sealed class OutboundManagement(uint handled = 0)
{
    // Who asks more often than he reads gets fewer answers, each of which tells all.
    private const int MostAnswers = 64;
    private const int MostTold = 64;

    // Large answers to one request end somewhere; whoever needs more than this is cut for owing an acknowledgement.
    private const int UrgentFactor = 8;

    private readonly Ring<OutboxEntry> sent = new();
    private int windowItems;
    private long windowBytes;
    private long bytes;
    private uint handled = handled;

    private List<Element>? told;
    private int answers;
    private uint answer;
    private bool wantsRequest;
    private bool isBehindRequest;

    // The writer's.
    private List<Element>? toldNow;
    private int answersNow;
    private uint answerNow;
    private bool requestNow;

    /// <summary>True from the moment stream management was enabled: what is taken from now on is counted.</summary>
    public bool IsCounting { get; private set; }

    /// <summary>How many stanzas were sent and are not acknowledged.</summary>
    public int Count => sent.Count;

    /// <summary>True when another stanza may be sent.</summary>
    /// <param name="more">How many are about to be sent before it.</param>
    /// <param name="isUrgent">
    /// True while an answer of the client's own waits for room: as long as it waits nothing is read, also not the acknowledgement that would
    /// make room, so more may be sent.
    /// </param>
    public bool HasRoom(int more, bool isUrgent)
    {
        int factor = isUrgent ? UrgentFactor : 1;
        return bytes < factor * windowBytes && sent.Count + more < factor * (long)windowItems;
    }

    /// <summary>How many were sent since it was enabled, modulo 2³².</summary>
    public uint Sent => unchecked(handled + (uint)sent.Count);

    /// <summary>True while an answer to a request of ours is outstanding.</summary>
    public bool IsRequested { get; private set; }

    /// <summary>How many requests were made; tells one from the next.</summary>
    public int Requests { get; private set; }

    /// <summary>Called when the session is to end while it has no line.</summary>
    public Action? Closed { get; set; }

    /// <summary>Counts from now on.</summary>
    /// <param name="items">Stanzas that may be sent without being acknowledged.</param>
    /// <param name="bytes">The same in bytes; the last one may exceed it.</param>
    public void Enable(int items, long bytes)
    {
        IsCounting = true;
        windowItems = items;
        windowBytes = bytes;
    }

    public void Add(in OutboxEntry entry)
    {
        sent.Enqueue(entry);
        bytes += entry.Bytes;
    }

    /// <summary>How many stanzas an <c>h</c> of the client acknowledges now; −1 when it is more than were sent.</summary>
    public int CountUpTo(uint h)
    {
        // COMPAT: an h that goes backwards acknowledges nothing; what it takes back was given up already.
        int more = unchecked((int)(h - handled));
        return more <= 0 ? 0 : more <= sent.Count ? more : -1;
    }

    /// <summary>The places in the log of the first <paramref name="count"/> that are not acknowledged, as far as they have one. Returns how many have.</summary>
    public int Look(int count, Span<long> sequences)
    {
        int found = 0;
        for (int i = 0; i < count; i++)
        {
            if (sent[i].Sequence != 0)
                sequences[found++] = sent[i].Sequence;
        }
        return found;
    }

    /// <summary>The client has answered: as many as <see cref="CountUpTo"/> said are acknowledged.</summary>
    public void Remove(int count)
    {
        IsRequested = false;
        for (int i = 0; i < count; i++)
            bytes -= sent.Dequeue().Bytes;
        handled = unchecked(handled + (uint)count);
        // A client that goes as soon as it has read is asked while it is there.
        wantsRequest |= isBehindRequest && sent.Count > 0;
        isBehindRequest = false;
    }

    /// <summary>Takes everything that is not acknowledged, in order.</summary>
    public void TakeAll(List<OutboxEntry> into)
    {
        while (sent.Count > 0)
            into.Add(sent.Dequeue());
        bytes = 0;
    }

    /// <summary>A new line: what was to be said on the old one is not.</summary>
    /// <param name="answered">What the client is told was handled; nothing that is still on its way may say less.</param>
    public void Forget(uint answered)
    {
        answer = answered;
        told = toldNow = null;
        answers = answersNow = 0;
        wantsRequest = requestNow = isBehindRequest = IsRequested = false;
        Closed = null;
    }

    public void ForEach(Action<OutboxEntry> look)
    {
        for (int i = 0; i < sent.Count; i++)
            look(sent[i]);
    }

    /// <summary>Writes an element that is no stanza, before any stanza that is not taken yet. False: too many wait to be written.</summary>
    public bool TryTell(Element element)
    {
        if (told?.Count >= MostTold)
            return false;
        (told ??= []).Add(element);
        return true;
    }

    /// <summary>Answers a request of the client: so many stanzas were handled.</summary>
    public void Answer(uint h)
    {
        if (answers < MostAnswers)
            answers++;
        // One that waited for its commits may come behind one that needed not.
        if (unchecked((int)(h - answer)) > 0)
            answer = h;
    }

    /// <summary>Asks the client what it handled, unless it is asked already.</summary>
    public void Request() => wantsRequest = true;

    /// <summary>Hands to the writer what is to be said around a batch. False: nothing.</summary>
    /// <param name="hasStanzas">True when there are stanzas in the batch.</param>
    public bool Take(bool hasStanzas)
    {
        toldNow = told;
        told = null;
        answersNow = answers;
        answerNow = answer;
        answers = 0;
        requestNow = !IsRequested && IsCounting && (hasStanzas || wantsRequest);
        wantsRequest = false;
        isBehindRequest = !requestNow && (isBehindRequest || hasStanzas);
        if (requestNow)
        {
            IsRequested = true;
            Requests++;
        }
        return toldNow is not null || answersNow > 0 || requestNow;
    }

    /// <summary>The writer's: what comes before the stanzas.</summary>
    public void WriteBefore(IBufferWriter<byte> output)
    {
        foreach (Element element in toldNow ?? [])
            element.WriteTo(output, Protocol.Namespaces.Client);
        toldNow = null;
        for (; answersNow > 0; answersNow--)
            WriteAnswer(output, answerNow);
    }

    /// <summary>The writer's: what comes behind them.</summary>
    public void WriteBehind(IBufferWriter<byte> output)
    {
        if (requestNow)
            output.Write("<r xmlns='urn:xmpp:sm:3'/>"u8);
    }

    private static void WriteAnswer(IBufferWriter<byte> output, uint h)
    {
        output.Write("<a xmlns='urn:xmpp:sm:3' h='"u8);
        System.Buffers.Text.Utf8Formatter.TryFormat(h, output.GetSpan(10), out int digits);
        output.Advance(digits);
        output.Write("'/>"u8);
    }
}
