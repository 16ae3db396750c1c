namespace PresenceXml.Protocol.Unicode;

/// <summary>What a profile says of one code point: RFC 8264 §8 (<see cref="CodePoint.Precis"/>) and RFC 5892 §1 (<see cref="CodePoint.Idna"/>).</summary>
internal enum DerivedProperty
{
    Disallowed,
    Unassigned,

    /// <summary>Allowed everywhere.</summary>
    Valid,

    /// <summary>Needs the rule of a joiner (RFC 5892 A.1, A.2).</summary>
    ContextJoiner,

    /// <summary>Needs another contextual rule (RFC 5892 A.3 to A.9).</summary>
    ContextOther,

    /// <summary>Allowed in the FreeformClass, not in the IdentifierClass.</summary>
    FreeformOnly,
}

/// <summary>Bidi_Class (UAX #9). The first eleven may stand in a right-to-left label.</summary>
internal enum BidiClass
{
    LeftToRight,
    RightToLeft,
    ArabicLetter,
    ArabicNumber,
    EuropeanNumber,
    EuropeanSeparator,
    CommonSeparator,
    EuropeanTerminator,
    OtherNeutral,
    BoundaryNeutral,
    NonspacingMark,

    // Paragraph separators, spaces and explicit formatting follow; no rule tells them apart.
    Other,
}

/// <summary>Joining_Type (UAX #44).</summary>
internal enum JoiningType
{
    NonJoining,
    JoinCausing,
    DualJoining,
    LeftJoining,
    RightJoining,
    Transparent,
}

/// <summary>The scripts that contextual rules name.</summary>
internal enum Script
{
    Other,
    Greek,
    Hebrew,
    Hiragana,
    Katakana,
    Han,
}

/// <summary>
/// The properties of one code point, from tables of our own (<see cref="UnicodeTables.Version"/>), so that an address means the same
/// on every machine, whatever the runtime's Unicode version and whether libicu is there.
/// </summary>
internal readonly struct CodePoint
{
    /// <summary>One more than the greatest code point.</summary>
    internal const int Limit = 0x110000;

    // As generate.py packs them, from the lowest bit: 3 PRECIS, 3 IDNA, 5 bidi, 3 joining, 3 script, 2 NFC quick check, mark, space
    // separator, cased, case-ignorable, one unused, 8 canonical combining class.
    private readonly uint bits;

    private CodePoint(uint bits) => this.bits = bits;

    /// <summary>The properties of <paramref name="value"/>, 0 to 0x10FFFF.</summary>
    internal static CodePoint Of(int value)
    {
        int block = UnicodeTables.RecordBlocks[value >> UnicodeTables.Shift];
        int index = UnicodeTables.RecordIndexes[(block << UnicodeTables.Shift) + (value & UnicodeTables.Mask)];
        return new CodePoint(UnicodeTables.Records[index]);
    }

    /// <summary>RFC 8264 §8.</summary>
    internal DerivedProperty Precis => (DerivedProperty)(bits & 7);

    /// <summary>RFC 5892 §3; never <see cref="DerivedProperty.FreeformOnly"/>.</summary>
    internal DerivedProperty Idna => (DerivedProperty)(bits >> 3 & 7);

    internal BidiClass Bidi => (BidiClass)Math.Min(bits >> 6 & 31, (uint)BidiClass.Other);

    internal JoiningType Joining => (JoiningType)(bits >> 11 & 7);

    internal Script Script => (Script)(bits >> 14 & 7);

    /// <summary>True when NFC keeps it whatever stands before it, its combining class apart (NFC_Quick_Check=Yes, UAX #15).</summary>
    internal bool IsNfcInert => (bits >> 17 & 3) == 0;

    /// <summary>General category M: combining marks.</summary>
    internal bool IsMark => (bits & 1 << 19) != 0;

    /// <summary>General category Zs: space separators, U+0020 among them.</summary>
    internal bool IsSpace => (bits & 1 << 20) != 0;

    internal bool IsCased => (bits & 1 << 21) != 0;

    internal bool IsCaseIgnorable => (bits & 1 << 22) != 0;

    /// <summary>Canonical_Combining_Class, 0 to 254.</summary>
    internal int CombiningClass => (int)(bits >> 24);

    /// <summary>Canonical_Combining_Class=Virama.</summary>
    internal bool IsVirama => CombiningClass == 9;
}
