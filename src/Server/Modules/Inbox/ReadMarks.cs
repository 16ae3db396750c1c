using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>
/// Which messages the owner has read, as far as he or his clients said so. Immutable. As long as nobody has said anything what was delivered counts as read; from then
/// on what comes is unread until it is marked.
/// </summary>
internal sealed record ReadMarks
{
    /// <summary>Of nearly every account: nobody keeps marks.</summary>
    public static readonly ReadMarks None = new();

    /// <summary>Single messages that are marked otherwise than what lies around them; more would have to be marked by a place.</summary>
    public const int MaxSingle = 1000;

    // Conversations, and markers in each that were not looked up yet. What is forgotten is unread again.
    private const int MaxPeers = 1000, MaxPending = 8;

    /// <summary>Up to this place everything counts as read, since marks had not begun; −1: they have not begun yet.</summary>
    public long Since { get; init; } = -1;

    /// <summary>By box: up to this place all of it is read.</summary>
    public ImmutableDictionary<string, long> Boxes { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>By sender: up to this place all of his is read (XEP-0333).</summary>
    public ImmutableDictionary<Jid, long> Peers { get; init; } = ImmutableDictionary<Jid, long>.Empty;

    /// <summary>By sender: ids of his messages that a client of the owner said it displayed, and that were not looked up yet.</summary>
    public ImmutableDictionary<Jid, ImmutableArray<string>> Pending { get; init; } = ImmutableDictionary<Jid, ImmutableArray<string>>.Empty;

    /// <summary>Single messages that are read.</summary>
    public ImmutableHashSet<long> Read { get; init; } = [];

    /// <summary>Single messages that are unread, whatever the rest says.</summary>
    public ImmutableHashSet<long> Unread { get; init; } = [];

    /// <summary>True when somebody keeps marks.</summary>
    public bool HaveBegun => Since >= 0;

    /// <summary>True when a received message is read. Marks must have begun.</summary>
    public bool IsRead(string box, Jid peer, long sequence) =>
        !Unread.Contains(sequence) && (sequence <= Since || Read.Contains(sequence)
            || (Boxes.TryGetValue(box, out long inBox) && sequence <= inBox) || (Peers.TryGetValue(peer, out long ofPeer) && sequence <= ofPeer));

    /// <summary>Single messages are read, or not; null: too many single ones.</summary>
    public ReadMarks? Mark(IEnumerable<long> sequences, bool isRead)
    {
        long[] all = [.. sequences];
        ReadMarks marked = isRead
            ? this with { Read = Read.Union(all.Where(one => one > Since)), Unread = Unread.Except(all) }
            : this with { Read = Read.Except(all), Unread = Unread.Union(all) };
        return marked.Read.Count > MaxSingle || marked.Unread.Count > MaxSingle ? null : marked;
    }

    /// <summary>All of a box is read up to a place.</summary>
    /// <param name="box">The box.</param>
    /// <param name="sequence">The place.</param>
    /// <param name="inBox">What of <see cref="Read"/> and <see cref="Unread"/> lies in the box.</param>
    public ReadMarks MarkTo(string box, long sequence, IEnumerable<long> inBox)
    {
        long[] upTo = [.. inBox.Where(one => one <= sequence)];
        return this with { Boxes = Boxes.SetItem(box, Math.Max(sequence, Boxes.GetValueOrDefault(box))), Read = Read.Except(upTo), Unread = Unread.Except(upTo) };
    }

    /// <summary>A client of the owner displayed a message of somebody's, and with it all before.</summary>
    public ReadMarks Displayed(Jid peer, string id)
    {
        ImmutableArray<string> pending = Pending.GetValueOrDefault(peer, []);
        if (pending.Contains(id) || (pending.Length == 0 && Pending.Count >= MaxPeers))
            return this;
        if (pending.Length >= MaxPending)
            pending = pending.RemoveAt(0);
        return this with { Pending = Pending.SetItem(peer, pending.Add(id)) };
    }

    /// <summary>Markers were looked up: those of a sender lead to a place, or to none.</summary>
    public ReadMarks Found(Jid peer, ImmutableArray<string> ids, long place)
    {
        ImmutableArray<string> left = Pending.GetValueOrDefault(peer, []).RemoveRange(ids);
        ReadMarks marks = this with { Pending = left.Length == 0 ? Pending.Remove(peer) : Pending.SetItem(peer, left) };
        if (place <= Peers.GetValueOrDefault(peer))
            return marks;
        ImmutableDictionary<Jid, long> peers = Peers.SetItem(peer, place);
        if (peers.Count > MaxPeers)
            peers = peers.Remove(peers.MinBy(static one => one.Value).Key);
        return marks with { Peers = peers };
    }

    /// <summary>These are gone.</summary>
    public ReadMarks Without(IEnumerable<long> sequences) => Read.IsEmpty && Unread.IsEmpty ? this : this with { Read = Read.Except(sequences), Unread = Unread.Except(sequences) };

    /// <summary>The form they are stored in.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(new Element(
        "", "read",
        new XmlAttribute("since", Number(Since)),
        Read.IsEmpty ? null : new XmlAttribute("read", Numbers(Read)),
        Unread.IsEmpty ? null : new XmlAttribute("unread", Numbers(Unread)),
        Boxes.Select(static box => new Element("", "box", new XmlAttribute("name", box.Key), new XmlAttribute("to", Number(box.Value)))),
        Peers.Select(static peer => new Element("", "peer", new XmlAttribute("jid", peer.Key.ToString()), new XmlAttribute("to", Number(peer.Value)))),
        Pending.SelectMany(static peer => peer.Value.Select(id => new Element("", "displayed", new XmlAttribute("jid", peer.Key.ToString()), new XmlAttribute("id", id))))).ToString());

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    public static ReadMarks FromBytes(ReadOnlySpan<byte> stored)
    {
        Element read = Element.Parse(stored);
        return new ReadMarks
        {
            Since = Parse(read["since"]!),
            Read = ParseAll(read["read"]),
            Unread = ParseAll(read["unread"]),
            Boxes = read.Children.Where(static child => child.LocalName == "box").ToImmutableDictionary(static box => box["name"]!, static box => Parse(box["to"]!)),
            Peers = read.Children.Where(static child => child.LocalName == "peer").ToImmutableDictionary(static peer => Jid.Parse(peer["jid"]!), static peer => Parse(peer["to"]!)),
            Pending = read.Children.Where(static child => child.LocalName == "displayed").GroupBy(static one => Jid.Parse(one["jid"]!))
                .ToImmutableDictionary(static peer => peer.Key, static peer => peer.Select(static one => one["id"]!).ToImmutableArray()),
        };
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Numbers(IEnumerable<long> values) => string.Join(' ', values.Order().Select(Number));

    private static long Parse(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static ImmutableHashSet<long> ParseAll(string? text) => text is null ? [] : [.. text.Split(' ').Select(Parse)];
}
