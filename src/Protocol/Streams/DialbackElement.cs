using System.Buffers;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>
/// An element of server dialback (XEP-0220 1.1.1 §2): <c>db:result</c> between initiating and receiving server, <c>db:verify</c> between
/// receiving and authoritative server; a request when it has no type, else an answer.
/// </summary>
/// <param name="IsVerify">True for <c>db:verify</c>.</param>
/// <param name="From">The domain it is from; null when it is missing, or no domain.</param>
/// <param name="To">The domain it is for; likewise.</param>
public sealed record DialbackElement(bool IsVerify, string? From, string? To)
{
    /// <summary>The namespace as stream headers declare it: the prefix must be the header's, and some know but <c>db</c>.</summary>
    public static readonly NamespaceDeclaration Declaration = new("db", Namespaces.Dialback);

    /// <summary>Of <c>db:verify</c>: the id of the stream that the key was sent on.</summary>
    public string? Id { get; init; }

    /// <summary>The key of a request; "" in an answer.</summary>
    public string Key { get; init; } = "";

    /// <summary>"valid", "invalid" or "error"; null in a request.</summary>
    public string? Type { get; init; }

    /// <summary>With type error: what the matter is. As read: its condition and text are right, its type is not kept.</summary>
    public StanzaError? Error { get; init; }

    /// <summary>True for a request with all it needs.</summary>
    public bool IsRequest => Type is null && From is not null && To is not null && Key.Length > 0 && (!IsVerify || Id is not null);

    /// <summary>The answer <c>valid</c> or <c>invalid</c>, from and to swapped, the id repeated.</summary>
    public DialbackElement Answer(bool isValid) => new(IsVerify, To, From) { Id = Id, Type = isValid ? "valid" : "invalid" };

    /// <summary>The answer that it could not be found out (§2.5).</summary>
    public DialbackElement Answer(StanzaError error) => new(IsVerify, To, From) { Id = Id, Type = "error", Error = error };

    /// <summary>True for an answer to this request (§3.1: from, to and id correlate).</summary>
    public bool IsAnsweredBy(DialbackElement other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other.Type is not null && other.IsVerify == IsVerify && other.From == To && other.To == From && (!IsVerify || other.Id == Id);
    }

    /// <summary>Null when the element is none of dialback.</summary>
    public static DialbackElement? Read(RawElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        if (element.Name is not { Namespace: Namespaces.Dialback, Name: "result" or "verify" }) return null;
        Element tree = element.ToElement();
        return new DialbackElement(element.Name.Name == "verify", Domain(tree["from"]), Domain(tree["to"]))
        {
            Id = tree["id"],
            Key = tree.Text.Trim(' ', '\t', '\r', '\n'),
            Type = tree["type"],
            Error = tree.Child(Namespaces.Server, "error") is { } error ? ReadError(error) : null,
        };
    }

    /// <summary>With the prefix <c>db</c>, which the header of a stream in <c>jabber:server</c> has declared.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> name = IsVerify ? "db:verify"u8 : "db:result"u8;
        XmlOutput xml = new(output);
        xml.Write("<"u8);
        xml.Write(name);
        xml.Attribute(" from='"u8, From);
        xml.Attribute(" to='"u8, To);
        xml.Attribute(" id='"u8, Id);
        xml.Attribute(" type='"u8, Type);
        if (Error is null && Key.Length == 0)
        {
            xml.Write("/>"u8);
        }
        else
        {
            xml.Write(">"u8);
            xml.Escaped(Key, value: false);   // to be verified it is written as it came
            if (Error?.ToElement() is { } error)
                ElementWriter.Write(ref xml, new Element(Namespaces.Server, "error", error.Attributes, error.Nodes), Namespaces.Server);
            xml.Write("</"u8);
            xml.Write(name);
            xml.Write(">"u8);
        }
        xml.Flush();
    }

    private static string? Domain(string? text) => text is not null && Jid.TryParse(text, out Jid? jid) && jid is { HasLocal: false, IsBare: true } ? jid.Domain : null;

    private static StanzaError ReadError(Element error)
    {
        string? condition = error.Children.FirstOrDefault(static child => child.Namespace == Namespaces.StanzaErrors && child.LocalName != "text")?.LocalName;
        return StanzaError.UndefinedCondition with { Condition = condition ?? StanzaError.UndefinedCondition.Condition, Text = error.Child(Namespaces.StanzaErrors, "text")?.Text };
    }
}
