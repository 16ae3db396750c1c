using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Storage;

/// <summary>
/// What an entry is to hold: ready bytes, or a stanza in canonical form, which the engine writes straight to where it keeps it. The
/// stanza is immutable, so it may wait for its commit as it is.
/// </summary>
public readonly struct LogContent : IEquatable<LogContent>
{
    private readonly object? source;
    private readonly int start;

    private LogContent(object? source, int start, int length)
    {
        this.source = source;
        this.start = start;
        Length = length;
    }

    /// <summary>Bytes it takes.</summary>
    public int Length { get; }

    /// <summary>The bytes of what was made of ready bytes.</summary>
    internal ReadOnlySpan<byte> Ready => ((byte[]?)source).AsSpan(start, Length);

    /// <summary>The canonical form of a stanza.</summary>
    public static LogContent Of(Stanza stanza) => new(stanza, 0, StanzaWriter.CanonicalLength(stanza));

    /// <summary>Ready bytes, not to be changed any more.</summary>
    public static LogContent Of(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) ? new(segment.Array, segment.Offset, segment.Count) : new(bytes.ToArray(), 0, bytes.Length);

    /// <summary>Writes exactly <see cref="Length"/> bytes.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        if (source is Stanza stanza) StanzaWriter.WriteCanonical(output, stanza);
        else output.Write(Ready);
    }

    /// <summary>Equal when it is the same stanza or the same memory, not merely the same bytes.</summary>
    public bool Equals(LogContent other) => ReferenceEquals(source, other.source) && start == other.start && Length == other.Length;

    public override bool Equals(object? obj) => obj is LogContent other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(RuntimeHelpers.GetHashCode(source), start, Length);

    public static bool operator ==(LogContent left, LogContent right) => left.Equals(right);

    public static bool operator !=(LogContent left, LogContent right) => !left.Equals(right);
}
