namespace PresenceXml.Protocol.Unicode;

/// <summary>The Bidi Rule (RFC 5893 §2).</summary>
internal static class BidiRule
{
    /// <summary>True when the text has a code point of class R, AL or AN: only then does the rule apply.</summary>
    internal static bool IsRightToLeft(ReadOnlySpan<int> text)
    {
        foreach (int codePoint in text)
        {
            if (CodePoint.Of(codePoint).Bidi is BidiClass.RightToLeft or BidiClass.ArabicLetter or BidiClass.ArabicNumber)
                return true;
        }
        return false;
    }

    /// <summary>Whether the text, not empty, fulfils the six conditions.</summary>
    internal static bool Allows(ReadOnlySpan<int> text)
    {
        // Condition 1
        BidiClass first = CodePoint.Of(text[0]).Bidi;
        if (first is not (BidiClass.LeftToRight or BidiClass.RightToLeft or BidiClass.ArabicLetter))
            return false;

        bool rightToLeft = first != BidiClass.LeftToRight;
        uint seen = 0;
        BidiClass last = first;
        foreach (int codePoint in text)
        {
            BidiClass current = CodePoint.Of(codePoint).Bidi;
            seen |= 1u << (int)current;
            if (current != BidiClass.NonspacingMark)
                last = current;
        }

        const uint European = 1u << (int)BidiClass.EuropeanNumber;
        const uint Arabic = 1u << (int)BidiClass.ArabicNumber;
        const uint Anywhere = European | 1u << (int)BidiClass.EuropeanSeparator | 1u << (int)BidiClass.CommonSeparator
            | 1u << (int)BidiClass.EuropeanTerminator | 1u << (int)BidiClass.OtherNeutral | 1u << (int)BidiClass.BoundaryNeutral
            | 1u << (int)BidiClass.NonspacingMark;
        if (rightToLeft)
        {
            // Conditions 2, 3 and 4
            const uint Allowed = Anywhere | Arabic | 1u << (int)BidiClass.RightToLeft | 1u << (int)BidiClass.ArabicLetter;
            return (seen & ~Allowed) == 0
                && last is BidiClass.RightToLeft or BidiClass.ArabicLetter or BidiClass.EuropeanNumber or BidiClass.ArabicNumber
                && (seen & (European | Arabic)) != (European | Arabic);
        }
        // Conditions 5 and 6
        const uint AllowedLeftToRight = Anywhere | 1u << (int)BidiClass.LeftToRight;
        return (seen & ~AllowedLeftToRight) == 0 && last is BidiClass.LeftToRight or BidiClass.EuropeanNumber;
    }
}
