using System.Collections.Immutable;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;

namespace PresenceXml.Server.Modules.Archive;

/// <summary>
/// Which messages an account wants to have archived (XEP-0441 0.2.0). Immutable, so that it decides without waiting. An address with a resource goes
/// before one without; one in both lists is in <c>never</c> alone.
/// </summary>
internal sealed class Preferences
{
    private const string Name = "prefs";

    private readonly string byDefault;
    private readonly ImmutableHashSet<Jid> always;
    private readonly ImmutableHashSet<Jid> never;

    /// <param name="byDefault">always, never or roster: what holds for addresses in neither list.</param>
    public Preferences(string byDefault) : this(byDefault, [], [])
    {
    }

    private Preferences(string byDefault, ImmutableHashSet<Jid> always, ImmutableHashSet<Jid> never)
    {
        this.byDefault = byDefault;
        this.always = always.Except(never);
        this.never = never;
    }

    /// <summary>Addresses in both lists.</summary>
    public int Count => always.Count + never.Count;

    /// <summary>Reads what a client asks for, or what is stored. An error when it is not in order.</summary>
    public static StanzaError? Read(Element element, out Preferences read)
    {
        read = null!;
        // §2.1: the three values there are; default must be there.
        if (element["default"] is not ("always" or "never" or "roster") || element.Children.Any(child => !child.Is(ArchiveModule.Ns, "always") && !child.Is(ArchiveModule.Ns, "never")))
            return StanzaError.BadRequest;
        if (Read(element, "always", out ImmutableHashSet<Jid> always) is { } error || (error = Read(element, "never", out ImmutableHashSet<Jid> never)) is not null)
            return error;
        read = new Preferences(element["default"]!, always, never);
        return null;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    public static Preferences Read(ReadOnlyMemory<byte> stored) =>
        Read(Element.Parse(stored.Span), out Preferences read) is null ? read : throw new FormatException("no archive preferences");

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(ToElement().ToString());

    public Element ToElement() => new(ArchiveModule.Ns, Name, new XmlAttribute("default", byDefault), ToList("always", always), ToList("never", never));

    /// <summary>True when the owner wants messages with this peer archived (§2.3).</summary>
    public bool Keeps(Presentity owner, Jid peer)
    {
        if (Count > 0)
        {
            if (never.Contains(peer)) return false;
            if (always.Contains(peer)) return true;
            if (peer.IsFull && never.Contains(peer.Bare)) return false;
            if (peer.IsFull && always.Contains(peer.Bare)) return true;
        }
        return byDefault switch
        {
            "always" => true,
            "roster" => owner.Contact(peer.Bare) is { InRoster: true },
            _ => false,
        };
    }

    private static StanzaError? Read(Element element, string list, out ImmutableHashSet<Jid> read)
    {
        read = [];
        ImmutableHashSet<Jid>.Builder jids = ImmutableHashSet.CreateBuilder<Jid>();
        foreach (Element item in element.Children.Where(child => child.Is(ArchiveModule.Ns, list)).SelectMany(child => child.Children))
        {
            if (!item.Is(ArchiveModule.Ns, "jid")) return StanzaError.BadRequest;
            if (!Jid.TryParse(item.Text, out Jid? jid)) return StanzaError.JidMalformed;
            jids.Add(jid);
        }
        read = jids.ToImmutable();
        return null;
    }

    // In the order of their text, so that a list looks the same each time.
    private static Element ToList(string name, IEnumerable<Jid> jids) => new(ArchiveModule.Ns, name,
        jids.Select(jid => jid.ToString()).Order(StringComparer.Ordinal).Select(jid => new Element(ArchiveModule.Ns, "jid", jid)));
}
