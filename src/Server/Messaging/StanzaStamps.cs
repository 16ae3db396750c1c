using System.Globalization;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;

namespace PresenceXml.Server.Messaging;

/// <summary>The elements a server adds to what passes through it: stanza-id (XEP-0359) and delay (XEP-0203).</summary>
public static class StanzaStamps
{
    private static readonly QName StanzaIdName = new(Namespaces.StanzaId, "stanza-id");
    private static readonly QName DelayName = new(Namespaces.Delay, "delay");

    private const int TimeLength = 24;

    private static readonly byte[] DelayStart = Encoding.UTF8.GetBytes($"<delay xmlns='{Namespaces.Delay}' from='");
    private static readonly byte[] StanzaIdStart = Encoding.UTF8.GetBytes($"<stanza-id xmlns='{Namespaces.StanzaId}' by='");

    /// <summary>Room for <see cref="WriteDelay"/>, in bytes.</summary>
    public static int DelayRoom(Jid from) => DelayStart.Length + "' stamp=''/>"u8.Length + from.Utf8.Length + TimeLength;

    /// <summary>Writes <c>&lt;delay from='from'/&gt;</c> (XEP-0203) and returns what was written of <paramref name="room"/>.</summary>
    /// <param name="room">At least <see cref="DelayRoom"/>.</param>
    /// <param name="from">Who says so: a domain.</param>
    /// <param name="time">UTC ticks.</param>
    public static ReadOnlySpan<byte> WriteDelay(Span<byte> room, Jid from, long time)
    {
        Span<byte> rest = room;
        Add(ref rest, DelayStart);
        Add(ref rest, from.Utf8);
        Add(ref rest, "' stamp='"u8);
        new DateTime(time, DateTimeKind.Utc).TryFormat(rest, out int written, DateTimeProfile.Exact, CultureInfo.InvariantCulture);
        rest = rest[written..];
        Add(ref rest, "'/>"u8);
        return room[..^rest.Length];

        static void Add(ref Span<byte> to, ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(to);
            to = to[bytes.Length..];
        }
    }

    /// <summary>Room for <see cref="WriteStanzaId"/>, in bytes.</summary>
    public static int StanzaIdRoom(Jid account) => StanzaIdStart.Length + "' id=''/>"u8.Length + account.Utf8.Length + InboxStore.StanzaIdLength;

    /// <summary>Writes <c>&lt;stanza-id by='account'/&gt;</c> for an entry of its log and returns what was written of <paramref name="room"/>.</summary>
    public static ReadOnlySpan<byte> WriteStanzaId(Span<byte> room, InboxStore store, Jid account, long sequence)
    {
        // The parts of a bare JID cannot hold what XML would have to escape (RFC 7622 §3.2, §3.3.1).
        int written = 0;
        Add(room, StanzaIdStart);
        Add(room, account.Utf8);
        Add(room, "' id='"u8);
        store.WriteStanzaId(account, sequence, room[written..]);
        written += InboxStore.StanzaIdLength;
        Add(room, "'/>"u8);
        return room[..written];

        void Add(Span<byte> to, ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(to[written..]);
            written += bytes.Length;
        }
    }

    /// <summary>Adds <c>&lt;delay/&gt;</c>, and takes away any that pretends to come from <paramref name="from"/>.</summary>
    public static StanzaContent WithDelay(this StanzaContent content, Jid from, DateTimeOffset stamp)
    {
        string by = from.ToString();
        byte[] xml = Encoding.UTF8.GetBytes(
            $"<delay xmlns='{Namespaces.Delay}' from='{by}' stamp='{DateTimeProfile.ToMilliseconds(stamp)}'/>");
        return content.WithoutClaims(DelayName, "from", from).With(DelayName, xml);
    }

    /// <summary>Takes away stanza-ids that pretend to have been given by <paramref name="account"/> (XEP-0359 §5).</summary>
    public static StanzaContent WithoutForgedIds(this StanzaContent content, Jid account) => content.WithoutClaims(StanzaIdName, "by", account);

    /// <summary>Takes away delays that pretend to have been noted by <paramref name="domain"/>, this server (XEP-0203 §5).</summary>
    public static StanzaContent WithoutForgedDelays(this StanzaContent content, Jid domain) => content.WithoutClaims(DelayName, "from", domain);

    private static StanzaContent WithoutClaims(this StanzaContent content, QName name, string attribute, Jid claimed) =>
        content.Has(name.Namespace, name.Name) ? content.Cut(name, attribute, claimed) : content;

    // On its own, so that only what has one pays for looking closer.
    private static StanzaContent Cut(this StanzaContent content, QName name, string attribute, Jid claimed) =>
        content.Without((child, all) => child.Name == name && Claims(child, all, attribute, claimed));

    private static bool Claims(RawChild child, StanzaContent all, string attribute, Jid claimed) =>
        all.Child(child)[attribute] is { } value && Jid.TryParse(value, out Jid? jid) && jid == claimed;
}
