using System.Buffers;
using System.Text;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Stanzas;

/// <summary>Reads a first-level element into one of the five stanza types.</summary>
public static class StanzaReader
{
    /// <summary>
    /// Null when the element is no stanza of its stream's content namespace. <paramref name="problem"/>: what is wrong with it when it can
    /// still be answered (<c>jid-malformed</c> in to or from, an iq without id or type or an iq request with a wrong number of children:
    /// <c>bad-request</c>, an unknown presence type: <c>bad-request</c>); the stanza is then only good for <see cref="Stanza.ToError"/>, and
    /// an address that is malformed is missing from it.
    /// </summary>
    /// <param name="element">A first-level element.</param>
    /// <param name="problem">Null when the stanza is in order.</param>
    /// <param name="addresses">Remembers addresses, or null.</param>
    /// <param name="sender">Who is known to have sent it, a full JID: the stanza is from there, or from its bare JID for a subscription (RFC 6120 §8.1.2.1), whatever the element says.</param>
    /// <param name="language">Its language when it names none (RFC 6120 §8.1.5).</param>
    public static Stanza? Read(RawElement element, out StanzaError? problem, JidCache? addresses = null, Jid? sender = null, string? language = null)
    {
        ArgumentNullException.ThrowIfNull(element);
        problem = null;
        if (element.Name.Namespace != element.Context.ContentNamespace || element.Name.Name is not ("message" or "presence" or "iq")) return null;
        ReadOnlySpan<byte> bytes = element.Bytes.Span;
        Jid? from = sender, to = null;
        string? id = null, type = null, lang = language;
        ArrayBufferWriter<byte>? others = null;
        foreach (RawAttribute attribute in element.RawAttributes)
        {
            ReadOnlySpan<byte> value = attribute.Value(bytes);
            switch (Name(attribute.Name(bytes)))
            {
                case Head.To:
                    to = Address(value, addresses, ref problem);
                    break;
                case Head.From when sender is not null:
                    break;
                case Head.From:
                    from = Address(value, addresses, ref problem);
                    break;
                case Head.Id:
                    id = XmlText.DecodeValue(value);
                    break;
                case Head.Type:
                    type = NameTable.Known(value) ?? XmlText.DecodeValue(value);
                    break;
                case Head.Lang:
                    lang = NameTable.Known(value) ?? XmlText.DecodeValue(value);
                    break;
                case Head.Namespace:
                    break;
                default:
                    others ??= new ArrayBufferWriter<byte>(attribute.NameLength + attribute.ValueLength + 4);
                    others.Write(" "u8);
                    // To the closing quote.
                    others.Write(bytes[attribute.NameStart..(attribute.ValueStart + attribute.ValueLength + 1)]);
                    break;
            }
        }
        StanzaContent content = ContentReader.Read(element, others);
        // Each is made in one go: a "with" would make it twice.
        switch (element.Name.Name)
        {
            case "message":
                MessageType kind = MessageKind(type);
                string? unknown = kind == MessageType.Normal ? type : null;
                return new Message { Type = kind, UnknownType = unknown, From = from, To = to, Id = id, Lang = lang, Content = content };
            case "iq":
                return new Iq { Type = IqKind(type, id, content, ref problem), From = from, To = to, Id = id, Lang = lang, Content = content };
        }
        switch (type)
        {
            case "probe":
                return new Fetch { From = from, To = to, Id = id, Lang = lang, Content = content };
            case "subscribe" or "subscribed" or "unsubscribe" or "unsubscribed":
                return new Subscribe { Type = SubscribeKind(type), From = sender is null ? from : sender.Bare, To = to, Id = id, Lang = lang, Content = content };
            default:
                return new Presence { Type = PresenceKind(type, ref problem), From = from, To = to, Id = id, Lang = lang, Content = content };
        }
    }

    /// <summary>Reads what <see cref="StanzaWriter.ToCanonical"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static Stanza ReadCanonical(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySequence<byte> input = new(bytes);
        StreamDecoder decoder = new(new XmlLimits(0, 0, 0), StreamContext.Canonical);
        try
        {
            if (decoder.TryRead(ref input, out StreamEvent next) && next.Element is not null && input.IsEmpty && Read(next.Element, out StanzaError? problem) is { } stanza && problem is null)
                return stanza;
        }
        catch (StreamException e)
        {
            throw new FormatException(e.Message, e);
        }
        throw new FormatException("no canonical stanza");
    }

    private enum Head { Other, To, From, Id, Type, Lang, Namespace }

    private static Head Name(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when name.SequenceEqual("to"u8) => Head.To,
        2 when name.SequenceEqual("id"u8) => Head.Id,
        4 when name.SequenceEqual("from"u8) => Head.From,
        4 when name.SequenceEqual("type"u8) => Head.Type,
        5 when name.SequenceEqual("xmlns"u8) => Head.Namespace,
        8 when name.SequenceEqual("xml:lang"u8) => Head.Lang,
        _ => Head.Other,
    };

    private static Jid? Address(ReadOnlySpan<byte> raw, JidCache? addresses, ref StanzaError? problem)
    {
        ReadOnlySpan<byte> utf8 = XmlText.IsPlainValue(raw) ? raw : Encoding.UTF8.GetBytes(XmlText.DecodeValue(raw));
        bool legal = addresses is null ? Jid.TryParse(utf8, out Jid? jid) : addresses.TryParse(utf8, out jid);
        // RFC 6120 §8.3.3.8
        if (!legal) problem ??= StanzaError.JidMalformed;
        return jid;
    }

    private static MessageType MessageKind(string? type) => type switch
    {
        "chat" => MessageType.Chat,
        "groupchat" => MessageType.Groupchat,
        "headline" => MessageType.Headline,
        "error" => MessageType.Error,
        // RFC 6121 §5.2.2: unknown means normal.
        _ => MessageType.Normal,
    };

    private static SubscribeType SubscribeKind(string type) => type switch
    {
        "subscribe" => SubscribeType.Subscribe,
        "subscribed" => SubscribeType.Subscribed,
        "unsubscribe" => SubscribeType.Unsubscribe,
        _ => SubscribeType.Unsubscribed,
    };

    private static PresenceType PresenceKind(string? type, ref StanzaError? problem)
    {
        switch (type)
        {
            case null:
                break;
            case "unavailable":
                return PresenceType.Unavailable;
            case "error":
                return PresenceType.Error;
            default:
                // RFC 6121 §4.7.1
                problem ??= StanzaError.BadRequest;
                break;
        }
        return PresenceType.Available;
    }

    private static IqType IqKind(string? type, string? id, StanzaContent content, ref StanzaError? problem)
    {
        IqType? known = type switch
        {
            "get" => IqType.Get,
            "set" => IqType.Set,
            "result" => IqType.Result,
            "error" => IqType.Error,
            _ => null,
        };
        // RFC 6120 §8.2.3: an id and one of four types; a request has exactly one child. One without a type counts as a request, so
        // that it is answered.
        IqType kind = known ?? IqType.Get;
        if (id is null || known is null || (kind is IqType.Get or IqType.Set && content.Children.Count != 1)) problem ??= StanzaError.BadRequest;
        return kind;
    }
}
