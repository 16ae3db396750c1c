namespace PresenceXml.Protocol.Unicode;

/// <summary>The contextual rules of RFC 5892 Appendix A, which PRECIS takes over (RFC 8264 §9.6, §9.8).</summary>
internal static class ContextRules
{
    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;
    private const int MiddleDot = 0xB7;
    private const int GreekKeraia = 0x375;
    private const int HebrewGeresh = 0x5F3;
    private const int HebrewGershayim = 0x5F4;
    private const int KatakanaMiddleDot = 0x30FB;

    /// <summary>
    /// Whether the code point at <paramref name="at"/>, which needs a rule, may stand where it stands. Called from the front to the
    /// back until it says no: a rule about the whole text is not looked at again when it already held for one before, which keeps the
    /// time for a text linear.
    /// </summary>
    internal static bool Allows(ReadOnlySpan<int> text, int at) => text[at] switch
    {
        // A.1, A.2
        ZeroWidthNonJoiner => FollowsVirama(text, at) || JoinsAcross(text, at),
        ZeroWidthJoiner => FollowsVirama(text, at),
        // A.3: as in the Catalan "col·lecció"
        MiddleDot => at > 0 && at < text.Length - 1 && text[at - 1] == 'l' && text[at + 1] == 'l',
        // A.4
        GreekKeraia => at < text.Length - 1 && CodePoint.Of(text[at + 1]).Script == Script.Greek,
        // A.5, A.6
        HebrewGeresh or HebrewGershayim => at > 0 && CodePoint.Of(text[at - 1]).Script == Script.Hebrew,
        // A.7
        KatakanaMiddleDot => text[..at].LastIndexOf(KatakanaMiddleDot) >= 0 || HasJapanese(text),
        // A.8, A.9: digits of both kinds do not mix
        >= 0x660 and <= 0x669 => text[..at].LastIndexOfAnyInRange(0x660, 0x669) >= 0 || !text.ContainsAnyInRange(0x6F0, 0x6F9),
        >= 0x6F0 and <= 0x6F9 => text[..at].LastIndexOfAnyInRange(0x6F0, 0x6F9) >= 0 || !text.ContainsAnyInRange(0x660, 0x669),
        _ => false,
    };

    private static bool FollowsVirama(ReadOnlySpan<int> text, int at) => at > 0 && CodePoint.Of(text[at - 1]).IsVirama;

    /// <summary>(Joining_Type:{L,D})(Joining_Type:T)* ZWNJ (Joining_Type:T)*(Joining_Type:{R,D})</summary>
    private static bool JoinsAcross(ReadOnlySpan<int> text, int at)
    {
        int before = at - 1;
        while (before >= 0 && CodePoint.Of(text[before]).Joining == JoiningType.Transparent)
            before--;
        if (before < 0 || CodePoint.Of(text[before]).Joining is not (JoiningType.LeftJoining or JoiningType.DualJoining))
            return false;
        int after = at + 1;
        while (after < text.Length && CodePoint.Of(text[after]).Joining == JoiningType.Transparent)
            after++;
        return after < text.Length && CodePoint.Of(text[after]).Joining is JoiningType.RightJoining or JoiningType.DualJoining;
    }

    private static bool HasJapanese(ReadOnlySpan<int> text)
    {
        foreach (int codePoint in text)
        {
            if (CodePoint.Of(codePoint).Script is Script.Hiragana or Script.Katakana or Script.Han)
                return true;
        }
        return false;
    }
}
