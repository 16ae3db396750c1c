namespace PresenceXml.Protocol.Unicode;

/// <summary>
/// Domain names as XMPP compares them (RFC 7622 §3.2, RFC 5890 to 5893): labels are lower-cased, of normal width and in NFC, A-labels
/// become U-labels. Besides LDH labels those with underscores are accepted, because names of containers and test machines have them;
/// they cannot be mistaken for others.
/// </summary>
internal static class DomainName
{
    private const int MaxLabelOctets = 63;
    private const int MaxNameOctets = 253;
    private static ReadOnlySpan<int> AcePrefix => ['x', 'n', '-', '-'];

    /// <summary>Replaces the content by the canonical name; false when it is not a domain name.</summary>
    internal static bool TryPrepare(ref CodePointBuffer name)
    {
        // Mapped as RFC 5895 §2 says: the ideographic full stop, too, separates labels.
        CaseMapping.MapWidth(name.Span);
        CaseMapping.ToLower(ref name);
        Normalization.ToNfc(ref name);
        name.Span.Replace(0x3002, '.');
        if (name.Length > 0 && name[^1] == '.')
            name.Truncate(name.Length - 1);

        var output = new CodePointBuffer(stackalloc int[CodePointBuffer.StackLength]);
        var label = new CodePointBuffer(stackalloc int[CodePointBuffer.StackLength]);
        try
        {
            if (!TryPrepareLabels(name.Span, ref label, ref output))
                return false;
            name.CopyFrom(output.Span);
            return true;
        }
        finally
        {
            output.Dispose();
            label.Dispose();
        }
    }

    private static bool TryPrepareLabels(ReadOnlySpan<int> name, ref CodePointBuffer label, ref CodePointBuffer output)
    {
        int octets = -1;
        while (true)
        {
            int dot = name.IndexOf('.');
            label.CopyFrom(dot < 0 ? name : name[..dot]);
            if (!TryPrepareLabel(ref label, out int labelOctets) || (octets += labelOctets + 1) > MaxNameOctets)
                return false;
            foreach (int codePoint in label.Span)
                output.Add(codePoint);
            if (dot < 0)
                break;
            output.Add('.');
            name = name[(dot + 1)..];
        }
        return !BidiRule.IsRightToLeft(output.Span) || EveryLabelFulfilsBidiRule(output.Span);
    }

    /// <summary>RFC 5893 §2: the rule is for all labels of a name in which one is right-to-left.</summary>
    private static bool EveryLabelFulfilsBidiRule(ReadOnlySpan<int> name)
    {
        while (true)
        {
            int dot = name.IndexOf('.');
            if (!BidiRule.Allows(dot < 0 ? name : name[..dot]))
                return false;
            if (dot < 0)
                return true;
            name = name[(dot + 1)..];
        }
    }

    /// <param name="label">One label, mapped; afterwards LDH or a U-label.</param>
    /// <param name="octets">Its length in the DNS: that of its A-label.</param>
    private static bool TryPrepareLabel(ref CodePointBuffer label, out int octets)
    {
        octets = label.Length;
        if (label.Span.ContainsAnyExceptInRange(0, 0x7F))
            return IsULabel(label.Span) && TryMeasure(label.Span, out octets);
        if (octets is 0 or > MaxLabelOctets || !IsLdh(label.Span))
            return false;
        if (!HasReservedHyphens(label.Span))
            return true;
        // Of the reserved labels only A-labels are known (RFC 5890 §2.3.1).
        return label.Span.StartsWith(AcePrefix) && TryDecodeALabel(ref label);
    }

    private static bool TryDecodeALabel(ref CodePointBuffer label)
    {
        var decoded = new CodePointBuffer(stackalloc int[CodePointBuffer.StackLength]);
        var encoded = new CodePointBuffer(stackalloc int[CodePointBuffer.StackLength]);
        try
        {
            // A valid A-label is what its U-label is encoded to (RFC 5891 §4.2.1), so that two never are the same name.
            if (!Punycode.TryDecode(label.Span[AcePrefix.Length..], ref decoded)
                || !IsULabel(decoded.Span)
                || !Punycode.TryEncode(decoded.Span, ref encoded)
                || !encoded.Span.SequenceEqual(label.Span[AcePrefix.Length..]))
            {
                return false;
            }
            label.CopyFrom(decoded.Span);
            return true;
        }
        finally
        {
            decoded.Dispose();
            encoded.Dispose();
        }
    }

    private static bool TryMeasure(ReadOnlySpan<int> label, out int octets)
    {
        octets = 0;
        // No code point takes less than an octet of the A-label: what is longer need not be encoded.
        if (label.Length > MaxLabelOctets)
            return false;
        var encoded = new CodePointBuffer(stackalloc int[CodePointBuffer.StackLength]);
        bool encodes = Punycode.TryEncode(label, ref encoded);
        octets = AcePrefix.Length + encoded.Length;
        encoded.Dispose();
        return encodes && octets <= MaxLabelOctets;
    }

    private static bool IsLdh(ReadOnlySpan<int> label)
    {
        if (label[0] == '-' || label[^1] == '-')
            return false;
        foreach (int c in label)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_'))
                return false;
        }
        return true;
    }

    private static bool HasReservedHyphens(ReadOnlySpan<int> label) => label.Length > 3 && label[2] == '-' && label[3] == '-';

    /// <summary>RFC 5891 §4.2.3, §5.4; the Bidi rule is looked at when the whole name is known.</summary>
    private static bool IsULabel(ReadOnlySpan<int> label)
    {
        if (!label.ContainsAnyExceptInRange(0, 0x7F) || label[0] == '-' || label[^1] == '-' || HasReservedHyphens(label)
            || CodePoint.Of(label[0]).IsMark)
        {
            return false;
        }
        for (int i = 0; i < label.Length; i++)
        {
            bool allowed = CodePoint.Of(label[i]).Idna switch
            {
                DerivedProperty.Valid => true,
                DerivedProperty.ContextJoiner or DerivedProperty.ContextOther => ContextRules.Allows(label, i),
                _ => false,
            };
            if (!allowed)
                return false;
        }
        return IsNfc(label);
    }

    private static bool IsNfc(ReadOnlySpan<int> label)
    {
        var normal = new CodePointBuffer(stackalloc int[CodePointBuffer.StackLength]);
        normal.CopyFrom(label);
        Normalization.ToNfc(ref normal);
        bool same = normal.Span.SequenceEqual(label);
        normal.Dispose();
        return same;
    }
}
