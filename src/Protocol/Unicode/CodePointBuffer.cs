using System.Buffers;
using System.Diagnostics;
using System.Text;

namespace PresenceXml.Protocol.Unicode;

/// <summary>
/// A growing list of code points that starts in memory the caller lends (usually of its stack frame) and goes to the shared pool
/// when that is used up. <see cref="Dispose"/> gives the memory back; passwords pass through here, so it is cleared first.
/// </summary>
internal ref struct CodePointBuffer(Span<int> lent)
{
    /// <summary>A good length to lend: nearly every address fits, and it is small enough for the stack.</summary>
    internal const int StackLength = 128;

    private Span<int> memory = lent;
    private int[]? rented;

    internal int Length { get; private set; }

    /// <summary>The list's content; an addition may move it.</summary>
    internal readonly Span<int> Span => memory[..Length];

    internal readonly int this[int index] => Span[index];

    internal void Add(int codePoint)
    {
        if (Length == memory.Length)
            Grow();
        memory[Length++] = codePoint;
    }

    /// <summary>Makes the list shorter.</summary>
    internal void Truncate(int length)
    {
        Debug.Assert(length <= Length);
        Length = length;
    }

    /// <summary>Replaces the content by <paramref name="text"/>; false when that is not well-formed UTF-16.</summary>
    internal bool TryDecode(ReadOnlySpan<char> text)
    {
        Length = 0;
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out Rune rune, out int consumed) != OperationStatus.Done)
                return false;
            Add(rune.Value);
            text = text[consumed..];
        }
        return true;
    }

    internal void CopyFrom(scoped ReadOnlySpan<int> codePoints)
    {
        Length = 0;
        foreach (int codePoint in codePoints)
            Add(codePoint);
    }

    /// <summary>The content in UTF-16.</summary>
    internal static string ToText(ReadOnlySpan<int> codePoints)
    {
        int length = 0;
        foreach (int codePoint in codePoints)
            length += codePoint >= 0x10000 ? 2 : 1;
        return string.Create(length, codePoints, static (chars, codePoints) =>
        {
            foreach (int codePoint in codePoints)
                chars = chars[new Rune(codePoint).EncodeToUtf16(chars)..];
        });
    }

    internal void Dispose()
    {
        memory.Clear();
        if (rented is not null)
            ArrayPool<int>.Shared.Return(rented);
        this = default;
    }

    private void Grow()
    {
        int[] larger = ArrayPool<int>.Shared.Rent(Math.Max(memory.Length * 2, StackLength));
        Span.CopyTo(larger);
        memory.Clear();
        if (rented is not null)
            ArrayPool<int>.Shared.Return(rented);
        memory = rented = larger;
    }
}
