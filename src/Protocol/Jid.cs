using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace PresenceXml.Protocol;

/// <summary>
/// An XMPP address in canonical form (RFC 7622): <c>[local@]domain[/resource]</c>. Immutable; two are equal when their canonical
/// forms are equal octet by octet. What is kept is the canonical form in UTF-8; strings are made when somebody asks, and then kept too.
/// </summary>
public sealed class Jid : IEquatable<Jid>
{
    // No unprepared address is longer: four times what the three parts may have, and their separators.
    private const int MaxRawOctets = 4 * 3 * JidPreparation.MaxPartOctets;
    private const int StackOctets = 512;

    private readonly byte[] utf8;
    private readonly int hash;
    private readonly ushort localLength;
    private readonly ushort domainEnd;

    // Filled when first asked for. Two threads may both make one; either will do.
    private Jid? bare;
    private string? text;
    private string? local;
    private string? domain;
    private string? resource;

    private Jid(byte[] utf8, int localLength, int domainEnd)
    {
        this.utf8 = utf8;
        this.localLength = (ushort)localLength;
        this.domainEnd = (ushort)domainEnd;
        hash = HashOf(utf8);
        if (IsBare)
            bare = this;
    }

    public string? Local => HasLocal ? local ??= Encoding.UTF8.GetString(LocalUtf8) : null;
    public string Domain => domain ??= !HasLocal && IsBare ? ToString() : Encoding.UTF8.GetString(DomainUtf8);
    public string? Resource => IsFull ? resource ??= Encoding.UTF8.GetString(ResourceUtf8) : null;

    /// <summary>True when there is a resource part.</summary>
    public bool IsFull => domainEnd < utf8.Length;

    /// <summary>True when there is no resource part.</summary>
    public bool IsBare => domainEnd == utf8.Length;

    /// <summary>True when there is a local part.</summary>
    public bool HasLocal => localLength > 0;

    /// <summary>This address without its resource (itself when there is none).</summary>
    public Jid Bare => bare ??= new Jid(utf8[..domainEnd], localLength, domainEnd);

    /// <summary>The canonical form in UTF-8, not escaped for XML.</summary>
    public ReadOnlySpan<byte> Utf8 => utf8;

    /// <summary>The local part in UTF-8, empty when there is none.</summary>
    public ReadOnlySpan<byte> LocalUtf8 => utf8.AsSpan(0, localLength);

    /// <summary>The domain part in UTF-8.</summary>
    public ReadOnlySpan<byte> DomainUtf8 => utf8.AsSpan(HasLocal ? localLength + 1 : 0, domainEnd - (HasLocal ? localLength + 1 : 0));

    /// <summary>The resource part in UTF-8, empty when there is none.</summary>
    public ReadOnlySpan<byte> ResourceUtf8 => IsFull ? utf8.AsSpan(domainEnd + 1) : default;

    /// <summary>The octets <see cref="Utf8"/> is a view of, not to be changed: for those who keep them without a copy.</summary>
    internal byte[] Octets => utf8;

    /// <summary>Prepares and joins a resource, in place of the one there is; false when it is illegal (RFC 7622 §3.4).</summary>
    public bool TryWithResource(string resource, [NotNullWhen(true)] out Jid? full)
    {
        full = null;
        if (!JidPreparation.TryResource(resource, out string? prepared))
            return false;
        byte[] joined = new byte[domainEnd + 1 + Encoding.UTF8.GetByteCount(prepared)];
        utf8.AsSpan(0, domainEnd).CopyTo(joined);
        joined[domainEnd] = (byte)'/';
        Encoding.UTF8.GetBytes(prepared, joined.AsSpan(domainEnd + 1));
        full = new Jid(joined, localLength, domainEnd) { bare = Bare, resource = prepared };
        return true;
    }

    /// <summary>Parses and prepares an address; false when it is illegal.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Jid? jid)
    {
        jid = null;
        if (text.IsEmpty || text.Length > MaxRawOctets)
            return false;
        if (text.Length <= StackOctets && Ascii.IsValid(text))
        {
            Span<byte> octets = stackalloc byte[StackOctets];
            Ascii.FromUtf16(text, octets, out int written);
            if (AsciiAddress.IsCanonical(octets[..written], out int localLength, out int domainEnd))
            {
                jid = new Jid(octets[..written].ToArray(), localLength, domainEnd);
                return true;
            }
        }
        return TryPrepare(text, out jid);
    }

    /// <summary>Parses and prepares an address in UTF-8; false when it is illegal or not well-formed UTF-8.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Jid? jid)
    {
        jid = null;
        if (utf8.IsEmpty || utf8.Length > MaxRawOctets)
            return false;
        if (AsciiAddress.IsCanonical(utf8, out int localLength, out int domainEnd))
        {
            jid = new Jid(utf8.ToArray(), localLength, domainEnd);
            return true;
        }

        char[]? rented = null;
        Span<char> units = utf8.Length <= StackOctets ? stackalloc char[StackOctets] : rented = ArrayPool<char>.Shared.Rent(utf8.Length);
        bool legal = System.Text.Unicode.Utf8.ToUtf16(utf8, units, out _, out int written, replaceInvalidSequences: false) == OperationStatus.Done
            && TryPrepare(units[..written], out jid);
        if (rented is not null)
            ArrayPool<char>.Shared.Return(rented);
        return legal && jid is not null;
    }

    /// <summary>Parses or throws <see cref="FormatException"/>.</summary>
    public static Jid Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out Jid? jid) ? jid : throw new FormatException($"'{text}' is not an XMPP address.");
    }

    public bool Equals(Jid? other) =>
        ReferenceEquals(this, other) || other is not null && hash == other.hash && utf8.AsSpan().SequenceEqual(other.utf8);

    public override bool Equals(object? obj) => Equals(obj as Jid);
    public override int GetHashCode() => hash;

    /// <summary>The canonical form.</summary>
    public override string ToString() => text ??= Encoding.UTF8.GetString(utf8);

    public static bool operator ==(Jid? left, Jid? right) => Equals(left, right);
    public static bool operator !=(Jid? left, Jid? right) => !Equals(left, right);

    /// <summary>
    /// A hash of octets that strangers choose: the runtime's keyed one for strings, over the octets two by two, so that nobody can make
    /// a table's entries collide.
    /// </summary>
    internal static int HashOf(ReadOnlySpan<byte> octets)
    {
        int pairs = string.GetHashCode(MemoryMarshal.Cast<byte, char>(octets));
        return (octets.Length & 1) == 0 ? pairs : HashCode.Combine(pairs, octets[^1]);
    }

    private static bool TryPrepare(ReadOnlySpan<char> text, [NotNullWhen(true)] out Jid? jid)
    {
        jid = null;
        // RFC 7622 §3.1: the parts are cut before they are prepared, first the resource, then the local part.
        int slash = text.IndexOf('/');
        ReadOnlySpan<char> head = slash < 0 ? text : text[..slash];
        int at = head.IndexOf('@');
        string? local = null;
        string? resource = null;
        if (at >= 0 && !JidPreparation.TryLocal(head[..at], out local)
            || !JidPreparation.TryDomain(head[(at + 1)..], out string? domain)
            || slash >= 0 && !JidPreparation.TryResource(text[(slash + 1)..], out resource))
        {
            return false;
        }

        string canonical = (local is null ? "" : local + "@") + domain + (resource is null ? "" : "/" + resource);
        int localLength = local is null ? 0 : Encoding.UTF8.GetByteCount(local);
        int domainEnd = localLength + (local is null ? 0 : 1) + Encoding.UTF8.GetByteCount(domain);
        jid = new Jid(Encoding.UTF8.GetBytes(canonical), localLength, domainEnd);
        return true;
    }
}
