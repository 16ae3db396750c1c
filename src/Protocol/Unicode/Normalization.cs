namespace PresenceXml.Protocol.Unicode;

/// <summary>Unicode Normalization Form C (UAX #15). .NET's own returns its input when there is no libicu, so it cannot be used.</summary>
internal static class Normalization
{
    // Hangul syllables are computed (The Unicode Standard §3.12).
    private const int SyllableBase = 0xAC00;
    private const int LeadingBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailingBase = 0x11A7;
    private const int LeadingCount = 19;
    private const int VowelCount = 21;
    private const int TrailingCount = 28;
    private const int SyllableCount = LeadingCount * VowelCount * TrailingCount;

    /// <summary>Replaces the content by its NFC form. Linear but for the sorting of long runs of marks.</summary>
    internal static void ToNfc(ref CodePointBuffer text)
    {
        if (IsNfc(text.Span))
            return;

        var decomposed = new CodePointBuffer(stackalloc int[CodePointBuffer.StackLength]);
        foreach (int codePoint in text.Span)
            Decompose(codePoint, ref decomposed);
        Reorder(decomposed.Span);
        text.CopyFrom(decomposed.Span);
        decomposed.Dispose();
        text.Truncate(Compose(text.Span));
    }

    /// <summary>True when the quick check answers yes; false when it answers no or maybe.</summary>
    private static bool IsNfc(ReadOnlySpan<int> text)
    {
        int last = 0;
        foreach (int codePoint in text)
        {
            if (codePoint < 0x300)
            {
                last = 0;
                continue;
            }
            CodePoint properties = CodePoint.Of(codePoint);
            if (!properties.IsNfcInert || properties.CombiningClass != 0 && properties.CombiningClass < last)
                return false;
            last = properties.CombiningClass;
        }
        return true;
    }

    private static void Decompose(int codePoint, ref CodePointBuffer output)
    {
        uint syllable = (uint)(codePoint - SyllableBase);
        if (syllable < SyllableCount)
        {
            output.Add(LeadingBase + (int)syllable / (VowelCount * TrailingCount));
            output.Add(VowelBase + (int)syllable % (VowelCount * TrailingCount) / TrailingCount);
            if (syllable % TrailingCount != 0)
                output.Add(TrailingBase + (int)syllable % TrailingCount);
            return;
        }

        int block = UnicodeTables.DecompositionBlocks[codePoint >> UnicodeTables.Shift];
        int index = UnicodeTables.DecompositionIndexes[(block << UnicodeTables.Shift) + (codePoint & UnicodeTables.Mask)];
        int place = UnicodeTables.DecompositionPlaces[index];
        if (place == 0)
        {
            output.Add(codePoint);
            return;
        }
        foreach (int part in UnicodeTables.DecompositionTargets.Slice(place >> 3, place & 7))
            output.Add(part);
    }

    /// <summary>The Canonical Ordering Algorithm: every run of marks by combining class, equal ones as they stood.</summary>
    private static void Reorder(Span<int> text)
    {
        for (int start = 0; start < text.Length; start++)
        {
            if (CodePoint.Of(text[start]).CombiningClass == 0)
                continue;
            int end = start + 1;
            while (end < text.Length && CodePoint.Of(text[end]).CombiningClass != 0)
                end++;
            if (end - start > 1)
                SortMarks(text[start..end]);
            start = end;
        }
    }

    private static void SortMarks(Span<int> marks)
    {
        // Class, then position, in one key: the sort is stable, and a run of thousands of marks is not sorted in quadratic time.
        Span<long> keys = marks.Length <= 64 ? stackalloc long[64] : new long[marks.Length];
        keys = keys[..marks.Length];
        for (int i = 0; i < marks.Length; i++)
            keys[i] = (long)CodePoint.Of(marks[i]).CombiningClass << 32 | (uint)i;
        keys.Sort(marks);
    }

    /// <summary>The Canonical Composition Algorithm, in place; gives the new length.</summary>
    private static int Compose(Span<int> text)
    {
        int length = 0;
        int starter = -1;
        int lastClass = 0;
        foreach (int codePoint in text)
        {
            int combiningClass = CodePoint.Of(codePoint).CombiningClass;
            // Blocked when something of the same or a higher class, or another starter, stands between.
            bool adjacent = starter == length - 1;
            if (starter >= 0 && (adjacent || lastClass != 0 && lastClass < combiningClass))
            {
                int composite = ComposePair(text[starter], codePoint);
                if (composite != 0)
                {
                    text[starter] = composite;
                    continue;
                }
            }
            if (combiningClass == 0)
                starter = length;
            lastClass = combiningClass;
            text[length++] = codePoint;
        }
        return length;
    }

    /// <summary>The primary composite of the two, or 0.</summary>
    private static int ComposePair(int first, int second)
    {
        if ((uint)(first - LeadingBase) < LeadingCount && (uint)(second - VowelBase) < VowelCount)
            return SyllableBase + ((first - LeadingBase) * VowelCount + (second - VowelBase)) * TrailingCount;
        if ((uint)(first - SyllableBase) < SyllableCount && (first - SyllableBase) % TrailingCount == 0
            && second > TrailingBase && second < TrailingBase + TrailingCount)
            return first + (second - TrailingBase);

        ReadOnlySpan<int> firsts = UnicodeTables.PairFirst;
        ReadOnlySpan<int> seconds = UnicodeTables.PairSecond;
        long wanted = (long)first << 32 | (uint)second;
        int low = 0;
        int high = firsts.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            long found = (long)firsts[middle] << 32 | (uint)seconds[middle];
            if (found == wanted)
                return UnicodeTables.PairComposite[middle];
            if (found < wanted)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return 0;
    }
}
