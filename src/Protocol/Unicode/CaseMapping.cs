namespace PresenceXml.Protocol.Unicode;

/// <summary>The mappings of PRECIS profiles: width (RFC 8264 §5.2.1) and lower case (§5.2.3).</summary>
internal static class CaseMapping
{
    private const int CapitalSigma = 0x3A3;
    private const int SmallSigma = 0x3C3;
    private const int FinalSigma = 0x3C2;
    private const int CapitalIWithDot = 0x130;
    private const int CombiningDotAbove = 0x307;

    /// <summary>Replaces fullwidth and halfwidth code points by their decomposition mappings.</summary>
    internal static void MapWidth(Span<int> text)
    {
        ReadOnlySpan<ushort> from = UnicodeTables.WidthFrom;
        foreach (ref int codePoint in text)
        {
            if (codePoint < from[0] || codePoint > from[^1])
                continue;
            int at = from.BinarySearch((ushort)codePoint);
            if (at >= 0)
                codePoint = UnicodeTables.WidthTo[at];
        }
    }

    /// <summary>
    /// toLowercase (The Unicode Standard §3.13, R2), of no language: a capital sigma at the end of a word becomes a final sigma, a
    /// capital I with dot becomes i and a combining dot, and a capital I is always i (never the dotless one).
    /// </summary>
    internal static void ToLower(ref CodePointBuffer text)
    {
        if (!text.Span.ContainsAny(CapitalSigma, CapitalIWithDot))
        {
            foreach (ref int codePoint in text.Span)
                codePoint = ToLower(codePoint);
            return;
        }

        var lower = new CodePointBuffer(stackalloc int[CodePointBuffer.StackLength]);
        for (int i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case CapitalSigma:
                    lower.Add(IsFinal(text.Span, i) ? FinalSigma : SmallSigma);
                    break;
                case CapitalIWithDot:
                    lower.Add('i');
                    lower.Add(CombiningDotAbove);
                    break;
                default:
                    lower.Add(ToLower(text[i]));
                    break;
            }
        }
        text.CopyFrom(lower.Span);
        lower.Dispose();
    }

    private static int ToLower(int codePoint)
    {
        if (codePoint < 0x80)
            return (uint)(codePoint - 'A') <= 'Z' - 'A' ? codePoint | 0x20 : codePoint;
        int block = UnicodeTables.LowerBlocks[codePoint >> UnicodeTables.Shift];
        int index = UnicodeTables.LowerIndexes[(block << UnicodeTables.Shift) + (codePoint & UnicodeTables.Mask)];
        return codePoint + UnicodeTables.LowerDeltas[index];
    }

    /// <summary>Final_Sigma (The Unicode Standard, table 3-17): behind a cased letter and before none, case-ignorable ones skipped.</summary>
    private static bool IsFinal(ReadOnlySpan<int> text, int at)
    {
        int before = at - 1;
        while (before >= 0 && CodePoint.Of(text[before]).IsCaseIgnorable)
            before--;
        if (before < 0 || !CodePoint.Of(text[before]).IsCased)
            return false;
        int after = at + 1;
        while (after < text.Length && CodePoint.Of(text[after]).IsCaseIgnorable)
            after++;
        return after == text.Length || !CodePoint.Of(text[after]).IsCased;
    }
}
