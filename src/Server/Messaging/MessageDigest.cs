using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Messaging;

/// <summary>
/// What makes a message with an origin-id (XEP-0359 1.0 §3) the same as one sent before: the first half of a SHA-256 over <c>to</c>, type, id and
/// all children, the origin-id among them, but for what a resend adds (<c>&lt;delay/&gt;</c>) and what a server changes (stanza-ids).
/// </summary>
internal readonly record struct MessageDigest(ulong Low, ulong High)
{
    private static readonly QName OriginId = new(Namespaces.StanzaId, "origin-id");
    private static readonly QName StanzaId = new(Namespaces.StanzaId, "stanza-id");
    private static readonly QName Delay = new(Namespaces.Delay, "delay");

    /// <summary>Null for a message without an origin-id.</summary>
    public static MessageDigest? Of(Message message) => HasOriginId(message.Content) ? Hash(message) : null;

    // An origin-id that says nothing would make one message of two.
    private static bool HasOriginId(StanzaContent content)
    {
        IReadOnlyList<RawChild> children = content.Children;
        for (int i = 0; i < children.Count; i++)
        {
            if (children[i].Name == OriginId && content.HasAttribute(children[i], "id"u8))
                return true;
        }
        return false;
    }

    private static MessageDigest Hash(Message message)
    {
        StanzaContent content = message.Content;
        string type = message.TypeText ?? "";
        string id = message.Id ?? "";
        ReadOnlySpan<byte> to = message.To is { } addressee ? addressee.Utf8 : default;
        int most = content.Bytes.Length + (sizeof(int) * (content.Children.Count + 3)) + to.Length + Encoding.UTF8.GetMaxByteCount(type.Length + id.Length);
        byte[]? rented = null;
        Span<byte> all = most <= 1024 ? stackalloc byte[1024] : rented = ArrayPool<byte>.Shared.Rent(most);
        int length = 0;
        Add(all, to);
        AddText(all, type);
        AddText(all, id);
        for (int i = 0; i < content.Children.Count; i++)
        {
            RawChild child = content.Children[i];
            if (child.Name != StanzaId && child.Name != Delay)
                Add(all, content.Bytes.Span.Slice(child.Start, child.Length));
        }
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(all[..length], hash);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return new(BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]));

        // Each part behind its length, so that no two messages are the same bytes.
        void Add(Span<byte> to, ReadOnlySpan<byte> part)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to[length..], part.Length);
            part.CopyTo(to[(length + sizeof(int))..]);
            length += sizeof(int) + part.Length;
        }

        void AddText(Span<byte> to, string part)
        {
            int bytes = Encoding.UTF8.GetBytes(part, to[(length + sizeof(int))..]);
            BinaryPrimitives.WriteInt32LittleEndian(to[length..], bytes);
            length += sizeof(int) + bytes;
        }
    }
}
