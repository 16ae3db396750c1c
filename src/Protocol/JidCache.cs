using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace PresenceXml.Protocol;

/// <summary>
/// Remembers the addresses seen last, so that routing allocates nothing for known ones. Of fixed size, direct-mapped, without locks and
/// shared by all threads: entries are immutable, and reading or writing a reference is atomic. Nothing is ever stale, because an
/// address has one meaning.
/// </summary>
public sealed class JidCache
{
    /// <summary>The greatest length of an address that is remembered, in octets; it bounds the memory together with the slots.</summary>
    public const int MaxOctets = 256;

    private readonly Entry?[] entries;

    /// <param name="slots">How many addresses at most; a power of two.</param>
    public JidCache(int slots = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slots);
        if (!BitOperations.IsPow2(slots))
            throw new ArgumentException("The number of slots must be a power of two.", nameof(slots));
        entries = new Entry?[slots];
    }

    /// <summary>As <see cref="Jid.TryParse(ReadOnlySpan{byte}, out Jid?)"/>.</summary>
    public bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Jid? jid)
    {
        if (utf8.Length > MaxOctets)
            return Jid.TryParse(utf8, out jid);

        ref Entry? slot = ref entries[Jid.HashOf(utf8) & entries.Length - 1];
        Entry? found = slot;
        if (found is not null && utf8.SequenceEqual(found.Key))
        {
            jid = found.Jid;
            return true;
        }
        if (!Jid.TryParse(utf8, out jid))
            return false;
        slot = new Entry(utf8.SequenceEqual(jid.Utf8) ? jid.Octets : utf8.ToArray(), jid);
        return true;
    }

    /// <param name="Key">The octets as they were received, canonical or not.</param>
    /// <param name="Jid">What they mean.</param>
    private sealed record Entry(byte[] Key, Jid Jid);
}
