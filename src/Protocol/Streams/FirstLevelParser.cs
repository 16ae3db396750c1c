using System.Buffers;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>What <see cref="FirstLevelParser"/> came to the end of.</summary>
internal enum Parsed : byte { Nothing, Declaration, Header, EmptyHeader, Element, Close }

/// <summary>
/// The automaton below <see cref="StreamDecoder"/>: goes over the bytes of one unit (XML declaration, stream header, first-level
/// element, closing tag) once, in pieces of any size, checks them, and notes what <see cref="RawElement"/> needs.
/// </summary>
internal sealed class FirstLevelParser
{
    private readonly NameTable names = new();
    private readonly NamespaceScope scope = new();
    private readonly ChildList children = new();
    private StreamContext context = StreamContext.None;
    private OpenNames open;
    private CharacterScan characters;
    private DeclarationScan declaration;
    private XmlTag tag;
    private State state;
    private byte quote;
    private byte matched;
    private bool first;
    private bool prolog;

    /// <summary>Where the unfinished markup begins, counted like the scan position.</summary>
    private int markup;
    private int contentStart;
    private int contentEnd;
    private QName name;
    private RawAttribute[] attributes = [];
    private StreamHeader? header;

    private enum State : byte { Between, Text, Open, StartTag, EndTag, Bang, CData, Declaration }

    /// <summary>Starts inside a stream with this context.</summary>
    public void Begin(StreamContext context)
    {
        this.context = context;
        foreach (NamespaceDeclaration declared in context.Declarations) scope.Add(declared);
        scope.SealBase();
    }

    /// <summary>Starts a unit. <paramref name="first"/>: nothing of the stream came before; <paramref name="prolog"/>: the header did not come yet.</summary>
    public void Unit(bool first, bool prolog)
    {
        state = State.Between;
        characters = default;
        this.first = first;
        this.prolog = prolog;
    }

    public StreamHeader TakeHeader() => header!;

    public RawElement TakeElement(in ReadOnlySequence<byte> unit)
    {
        RawElement element = new(name, unit.ToArray(), attributes, children.ToArray(), contentStart, contentEnd - contentStart, context, scope.BaseUsed);
        attributes = [];
        scope.BaseUsed = 0;
        scope.Trim();
        children.Clear();
        open.Trim();
        tag.Trim();
        return element;
    }

    /// <summary>
    /// Scans <paramref name="span"/>, which begins at <paramref name="offset"/> of <paramref name="buffer"/>, up to the end of the unit or of
    /// the span; <paramref name="used"/> is how far it came.
    /// </summary>
    public Parsed Scan(in ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> span, int offset, XmlLimits limits, out int used)
    {
        int i = 0;
        Parsed parsed = Parsed.Nothing;
        while (i < span.Length && parsed == Parsed.Nothing)
        {
            switch (state)
            {
                case State.Text:
                    i += characters.Text(span[i..]);
                    if (i == span.Length) break;
                    markup = offset + i++;
                    state = State.Open;
                    break;
                case State.Open:
                    Opened(span[i], ref i);
                    break;
                case State.StartTag:
                    int length = XmlTag.FindEnd(span[i..], ref quote);
                    i = length < 0 ? span.Length : i + length;
                    if (length >= 0) parsed = Tag(buffer, span, offset, i, limits, start: true);
                    break;
                case State.EndTag:
                    length = span[i..].IndexOf((byte)'>');
                    i = length < 0 ? span.Length : i + length + 1;
                    if (length >= 0) parsed = Tag(buffer, span, offset, i, limits, start: false);
                    break;
                case State.CData:
                    i += characters.CData(span[i..], out bool ended);
                    if (ended) state = State.Text;
                    break;
                case State.Between:
                    if (Between(span[i++])) markup = offset;
                    break;
                case State.Bang:
                    Bang(span[i++]);
                    break;
                case State.Declaration:
                    if (declaration.Step(span[i++])) parsed = Parsed.Declaration;
                    break;
            }
        }
        used = i;
        return parsed;
    }

    /// <summary>A byte where a first-level element may begin; true when one does. Whitespace never comes here.</summary>
    private bool Between(byte b)
    {
        if (b == '<' && !characters.IsCut)
        {
            state = State.Open;
            return true;
        }
        // RFC 6120 §11.6: U+FEFF is a character here, not a byte order mark, and so it must not stand before the header either.
        if (prolog && first && b is 0xFE or 0xFF or 0) throw XmlFault.Encoding();
        if (!characters.Single(b)) return false;
        throw prolog
            ? XmlFault.NotWellFormed("text before the stream header")
            : new StreamException(StreamError.BadFormat with { Text = "text between stanzas" });
    }

    /// <summary>The byte behind a <c>&lt;</c>.</summary>
    private void Opened(byte b, ref int i)
    {
        switch (b)
        {
            case (byte)'/' when !prolog:
                state = State.EndTag;
                i++;
                break;
            case (byte)'!':
                // RFC 6120 §11.1: no comment, no DTD. Before the header nothing else begins so.
                if (prolog) throw XmlFault.Restricted("comment or DTD");
                state = State.Bang;
                matched = 0;
                i++;
                break;
            case (byte)'?':
                // XML 1.0 §2.8: the declaration stands at the very start or nowhere.
                if (!first) throw XmlFault.Restricted("processing instruction");
                state = State.Declaration;
                declaration = default;
                i++;
                break;
            case 0 when prolog:
                // UTF-16 without a mark.
                throw XmlFault.Encoding();
            default:
                if (!XmlChars.MayStartName(b)) throw XmlFault.NotWellFormed("illegal name");
                state = State.StartTag;
                quote = 0;
                break;
        }
    }

    /// <summary>A byte behind <c>&lt;!</c>.</summary>
    private void Bang(byte b)
    {
        if (b != "[CDATA["u8[matched]) throw XmlFault.Restricted("comment or DTD");
        if (++matched < 7) return;
        if (open.Count == 0) throw new StreamException(StreamError.BadFormat with { Text = "text between stanzas" });
        characters = default;
        state = State.CData;
    }

    /// <summary>A tag is complete and ends before <paramref name="end"/> of the span; it is copied only when it lies in several segments.</summary>
    private Parsed Tag(in ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> span, int offset, int end, XmlLimits limits, bool start)
    {
        state = State.Text;
        if (markup >= offset)
        {
            ReadOnlySpan<byte> whole = span[(markup - offset)..end];
            return start ? StartTag(whole, limits) : EndTag(whole);
        }
        int length = offset + end - markup;
        byte[] scratch = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            buffer.Slice(markup, length).CopyTo(scratch);
            return start ? StartTag(scratch.AsSpan(0, length), limits) : EndTag(scratch.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private Parsed StartTag(ReadOnlySpan<byte> bytes, XmlLimits limits)
    {
        if (!prolog && limits.Depth > 0 && open.Count >= limits.Depth) throw XmlFault.Limit("nested too deeply");
        tag.Parse(bytes, limits.Attributes);
        int before = scope.Count;
        scope.Declare(bytes, tag.Attributes, names, limits.Declarations);
        string ns = scope.Resolve(tag.Prefix(bytes));
        scope.CheckAttributes(bytes, tag.Attributes);
        if (prolog)
        {
            (header, context) = HeaderReader.Read(bytes, tag, ns, scope.Declarations);
            scope.SealBase();
            return tag.IsEmpty ? Parsed.EmptyHeader : Parsed.Header;
        }
        if (open.Count == 0)
        {
            // RFC 6120 §4.8.5: what belongs to the content namespace has no prefix.
            if (tag.PrefixLength > 0 && ns == context.ContentNamespace && ns.Length > 0)
                throw new StreamException(StreamError.BadNamespacePrefix with { Text = "a prefix for the content namespace" });
            name = new QName(ns, names.Get(tag.Local(bytes)));
            attributes = tag.Attributes.ToArray();
            contentStart = bytes.Length;
        }
        else if (open.Count == 1)
        {
            children.Start(new QName(ns, names.Get(tag.Local(bytes))), markup - contentStart);
        }
        if (!tag.IsEmpty)
        {
            open.Push(tag.Name(bytes), before);
            return Parsed.Nothing;
        }
        scope.Cut(before);
        return Ended(bytes.Length, bytes.Length);
    }

    private Parsed EndTag(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.Length - 1;
        while (XmlChars.IsWhitespace(bytes[end - 1])) end--;
        ReadOnlySpan<byte> closed = bytes[2..end];
        if (open.Count == 0)
        {
            if (!closed.SequenceEqual(HeaderReader.Root)) throw XmlFault.NotWellFormed("end tag without a start tag");
            return Parsed.Close;
        }
        // XML 1.0 §3, well-formedness constraint: Element Type Match.
        if (!open.Top.SequenceEqual(closed)) throw XmlFault.NotWellFormed("end tag does not match the start tag");
        scope.Cut(open.Pop());
        return Ended(bytes.Length, 0);
    }

    /// <summary>An element ended with markup of <paramref name="length"/> bytes, of which <paramref name="content"/> lie before its content.</summary>
    private Parsed Ended(int length, int content)
    {
        if (open.Count == 1) children.End(markup + length - contentStart);
        if (open.Count > 0) return Parsed.Nothing;
        contentEnd = markup + content;
        return Parsed.Element;
    }
}
