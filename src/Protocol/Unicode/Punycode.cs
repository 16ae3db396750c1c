namespace PresenceXml.Protocol.Unicode;

/// <summary>Punycode (RFC 3492) with the parameters of §5, without the <c>xn--</c> of a label.</summary>
internal static class Punycode
{
    private const int Base = 36;
    private const int TMin = 1;
    private const int TMax = 26;
    private const int Skew = 38;
    private const int Damp = 700;
    private const int InitialBias = 72;
    private const int InitialN = 0x80;

    /// <summary>Decodes ASCII into code points (§6.2); false when it is malformed.</summary>
    internal static bool TryDecode(ReadOnlySpan<int> ascii, ref CodePointBuffer output)
    {
        output.Truncate(0);
        int delimiter = ascii.LastIndexOf('-');
        if (delimiter > 0)
        {
            foreach (int codePoint in ascii[..delimiter])
                output.Add(codePoint);
        }

        int n = InitialN;
        int i = 0;
        int bias = InitialBias;
        int at = delimiter > 0 ? delimiter + 1 : 0;
        while (at < ascii.Length)
        {
            int start = i;
            long weight = 1;
            long value = i;
            for (int k = Base; ; k += Base)
            {
                if (at == ascii.Length)
                    return false;
                int digit = DigitOf(ascii[at++]);
                if (digit < 0)
                    return false;
                value += digit * weight;
                if (value > int.MaxValue)
                    return false;
                int threshold = Threshold(k, bias);
                if (digit < threshold)
                    break;
                weight *= Base - threshold;
                if (weight > int.MaxValue)
                    return false;
            }
            i = (int)value;
            int count = output.Length + 1;
            bias = Adapt(i - start, count, start == 0);
            long next = (long)n + i / count;
            if (next >= CodePoint.Limit || next is >= 0xD800 and <= 0xDFFF)
                return false;
            n = (int)next;
            i %= count;
            Insert(ref output, i, n);
            i++;
        }
        return true;
    }

    /// <summary>Encodes code points into ASCII (§6.3), replacing the output's content; false when a number overflows.</summary>
    internal static bool TryEncode(ReadOnlySpan<int> input, ref CodePointBuffer output)
    {
        output.Truncate(0);
        foreach (int codePoint in input)
        {
            if (codePoint < InitialN)
                output.Add(codePoint);
        }
        int basic = output.Length;
        if (basic > 0)
            output.Add('-');

        int n = InitialN;
        long delta = 0;
        int bias = InitialBias;
        int handled = basic;
        while (handled < input.Length)
        {
            int next = int.MaxValue;
            foreach (int codePoint in input)
            {
                if (codePoint >= n && codePoint < next)
                    next = codePoint;
            }
            delta += (long)(next - n) * (handled + 1);
            if (delta > int.MaxValue)
                return false;
            n = next;
            foreach (int codePoint in input)
            {
                if (codePoint < n)
                    delta++;
                if (codePoint != n)
                    continue;
                int rest = (int)delta;
                for (int k = Base; ; k += Base)
                {
                    int threshold = Threshold(k, bias);
                    if (rest < threshold)
                        break;
                    output.Add(DigitFor(threshold + (rest - threshold) % (Base - threshold)));
                    rest = (rest - threshold) / (Base - threshold);
                }
                output.Add(DigitFor(rest));
                bias = Adapt((int)delta, handled + 1, handled == basic);
                delta = 0;
                handled++;
            }
            delta++;
            n++;
        }
        return true;
    }

    private static void Insert(ref CodePointBuffer output, int at, int codePoint)
    {
        output.Add(codePoint);
        Span<int> all = output.Span;
        all[at..^1].CopyTo(all[(at + 1)..]);
        all[at] = codePoint;
    }

    private static int Threshold(int k, int bias) => Math.Clamp(k - bias, TMin, TMax);

    private static int Adapt(int delta, int count, bool first)
    {
        delta = first ? delta / Damp : delta / 2;
        delta += delta / count;
        int k = 0;
        while (delta > (Base - TMin) * TMax / 2)
        {
            delta /= Base - TMin;
            k += Base;
        }
        return k + (Base - TMin + 1) * delta / (delta + Skew);
    }

    private static int DigitOf(int ascii) => ascii switch
    {
        >= 'a' and <= 'z' => ascii - 'a',
        >= 'A' and <= 'Z' => ascii - 'A',
        >= '0' and <= '9' => ascii - '0' + 26,
        _ => -1,
    };

    private static int DigitFor(int value) => value < 26 ? 'a' + value : '0' + value - 26;
}
