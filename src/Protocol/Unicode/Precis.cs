namespace PresenceXml.Protocol.Unicode;

/// <summary>The PRECIS profiles XMPP uses (RFC 8264, 8265). Each replaces the buffer's content by the enforced string.</summary>
internal static class Precis
{
    private delegate bool Rules(ref CodePointBuffer text);

    /// <summary>UsernameCaseMapped (RFC 8265 §3.3); false when the string is not allowed, or empty.</summary>
    internal static bool TryUsernameCaseMapped(ref CodePointBuffer text) => TryEnforce(ref text, ApplyUsernameCaseMapped);

    /// <summary>OpaqueString (RFC 8265 §4.2); false when the string is not allowed, or empty.</summary>
    internal static bool TryOpaqueString(ref CodePointBuffer text) => TryEnforce(ref text, ApplyOpaqueString);

    /// <summary>RFC 8264 §7: the rules are applied until the output is stable, three more times at the most.</summary>
    private static bool TryEnforce(ref CodePointBuffer text, Rules rules)
    {
        if (!rules(ref text))
            return false;
        var before = new CodePointBuffer(stackalloc int[CodePointBuffer.StackLength]);
        try
        {
            for (int more = 0; more < 3; more++)
            {
                before.CopyFrom(text.Span);
                if (!rules(ref text))
                    return false;
                if (text.Span.SequenceEqual(before.Span))
                    return true;
            }
            return false;
        }
        finally
        {
            before.Dispose();
        }
    }

    private static bool ApplyUsernameCaseMapped(ref CodePointBuffer text)
    {
        // Preparation (§3.3.2): the code points are looked at before they are mapped, so that none is smuggled in by a mapping (the
        // Kelvin sign is not a k). The contextual rules are about what results: they hold for the output.
        CaseMapping.MapWidth(text.Span);
        foreach (int codePoint in text.Span)
        {
            if (CodePoint.Of(codePoint).Precis is DerivedProperty.Disallowed or DerivedProperty.Unassigned or DerivedProperty.FreeformOnly)
                return false;
        }
        CaseMapping.ToLower(ref text);
        Normalization.ToNfc(ref text);
        if (BidiRule.IsRightToLeft(text.Span) && !BidiRule.Allows(text.Span))
            return false;
        return Conforms(text.Span, freeform: false);
    }

    private static bool ApplyOpaqueString(ref CodePointBuffer text)
    {
        foreach (ref int codePoint in text.Span)
        {
            CodePoint properties = CodePoint.Of(codePoint);
            if (properties.Precis is DerivedProperty.Disallowed or DerivedProperty.Unassigned)
                return false;
            if (properties.IsSpace)
                codePoint = ' ';
        }
        Normalization.ToNfc(ref text);
        return Conforms(text.Span, freeform: true);
    }

    /// <summary>RFC 8264 §4.2, §4.3.</summary>
    private static bool Conforms(ReadOnlySpan<int> text, bool freeform)
    {
        for (int i = 0; i < text.Length; i++)
        {
            bool allowed = CodePoint.Of(text[i]).Precis switch
            {
                DerivedProperty.Valid => true,
                DerivedProperty.FreeformOnly => freeform,
                DerivedProperty.ContextJoiner or DerivedProperty.ContextOther => ContextRules.Allows(text, i),
                _ => false,
            };
            if (!allowed)
                return false;
        }
        return !text.IsEmpty;
    }
}
