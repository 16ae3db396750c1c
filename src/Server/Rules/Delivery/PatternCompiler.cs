namespace PresenceXml.Server.Rules.Delivery;

/// <summary>
/// Compiles an expression: characters, <c>.</c>, <c>[a-z]</c>, <c>[^a-z]</c>, <c>\d \w \s \D \W \S</c>, <c>^ $ \b \B</c>, <c>( )</c>, <c>|</c>, and
/// <c>? * + {n} {n,} {n,m}</c>. A backslash before a sign makes it a plain character.
/// </summary>
internal sealed class PatternCompiler(string text, bool ignoresCase)
{
    /// <summary>Steps of a compiled expression: what repetition may blow it up to.</summary>
    private const int MaxSteps = 1000;
    private const int MaxDepth = 16;
    private const int MaxTimes = 100;

    private readonly List<PatternStep> steps = [];
    private int position;
    private int depth;

    public PatternStep[] Compile()
    {
        Alternatives();
        if (position < text.Length)
            throw new FormatException("a ) is too many");
        Add(PatternStep.End);
        return [.. steps];
    }

    private bool Has => position < text.Length;

    private void Alternatives()
    {
        if (++depth > MaxDepth)
            throw new FormatException($"more than {MaxDepth} groups are in each other");
        int start = steps.Count;
        Sequence();
        while (Has && text[position] == '|')
        {
            position++;
            Insert(start, PatternStep.Either(steps.Count + 2));
            int jump = steps.Count;
            Add(PatternStep.Jump(0));
            Sequence();
            steps[jump] = PatternStep.Jump(steps.Count);
        }
        depth--;
    }

    private void Sequence()
    {
        while (Has && text[position] is not ('|' or ')'))
        {
            int start = steps.Count;
            bool takes = One();
            while (Has && text[position] is '?' or '*' or '+' or '{')
            {
                if (!takes)
                    throw new FormatException("a place in the text cannot be repeated");
                Repeat(start);
            }
        }
    }

    // False for a place.
    private bool One()
    {
        char next = text[position++];
        switch (next)
        {
            case '(':
                Alternatives();
                if (!Has)
                    throw new FormatException("a ) is missing");
                position++;
                return true;
            case '.':
                Add(PatternStep.Taking(PatternSet.Any));
                return true;
            case '[':
                Add(PatternStep.Taking(Set()));
                return true;
            case '^' or '$':
                Add(PatternStep.At(next));
                return false;
            case '?' or '*' or '+' or '{':
                throw new FormatException($"nothing stands before {next} that could be repeated");
            case '\\':
                return Escaped();
            default:
                Add(PatternStep.Taking(PatternSet.Of(Fold(next))));
                return true;
        }
    }

    private bool Escaped()
    {
        char next = Escape();
        if (next is 'b' or 'B')
        {
            Add(PatternStep.At(next));
            return false;
        }
        Add(PatternStep.Taking(IsClass(next) ? PatternSet.OfClass(next) : PatternSet.Of(Fold(Plain(next)))));
        return true;
    }

    private PatternSet Set()
    {
        bool isNegated = Has && text[position] == '^';
        if (isNegated)
            position++;
        var ranges = new List<(char, char)>();
        string classes = "";
        bool isFirst = true;
        while (true)
        {
            if (!Has)
                throw new FormatException("a ] is missing");
            char next = text[position++];
            if (next == ']' && !isFirst)
                return new PatternSet(ranges, classes, isNegated);
            isFirst = false;
            if (next == '\\')
            {
                next = Escape();
                if (IsClass(next))
                {
                    classes += next;
                    continue;
                }
                next = Plain(next);
            }
            char last = next;
            if (position + 1 < text.Length && text[position] == '-' && text[position + 1] != ']')
            {
                position++;
                last = text[position++];
                if (last == '\\')
                    last = Plain(Escape());
                if (last < next)
                    throw new FormatException($"the range {next}-{last} runs backwards");
            }
            ranges.Add((next, last));
            // The text is looked at in capitals then.
            if (ignoresCase)
                ranges.Add((Fold(next), Fold(last)));
        }
    }

    private char Escape() => Has ? text[position++] : throw new FormatException("it ends with a backslash");

    private static bool IsClass(char one) => one is 'd' or 'D' or 'w' or 'W' or 's' or 'S';

    private static char Plain(char one) => one switch
    {
        'n' => '\n',
        't' => '\t',
        _ when char.IsAsciiLetterOrDigit(one) => throw new FormatException($"\\{one} has no meaning here"),
        _ => one,
    };

    private char Fold(char one) => ignoresCase ? char.ToUpperInvariant(one) : one;

    // What was compiled since start, again and again.
    private void Repeat(int start)
    {
        (int least, int? most) = Times();
        PatternStep[] piece = [.. steps[start..]];
        steps.RemoveRange(start, steps.Count - start);
        for (int i = 0; i < least; i++)
            Copy(piece, start);
        if (most is null)
        {
            int loop = steps.Count;
            Add(PatternStep.Either(loop + piece.Length + 2));
            Copy(piece, start);
            Add(PatternStep.Jump(loop));
            return;
        }
        int rest = most.Value - least, end = steps.Count + (rest * (piece.Length + 1));
        for (int i = 0; i < rest; i++)
        {
            Add(PatternStep.Either(end));
            Copy(piece, start);
        }
    }

    private (int Least, int? Most) Times()
    {
        switch (text[position++])
        {
            case '?':
                return (0, 1);
            case '*':
                return (0, null);
            case '+':
                return (1, null);
        }
        int end = text.IndexOf('}', position);
        if (end < 0)
            throw new FormatException("a } is missing");
        string[] numbers = text[position..end].Split(',');
        position = end + 1;
        if (numbers.Length > 2 || !TryCount(numbers[0], out int least))
            throw new FormatException($"how often is not said as {{n}}, {{n,}} or {{n,m}} with numbers up to {MaxTimes}");
        if (numbers.Length == 1)
            return (least, least);
        if (numbers[1].Length == 0)
            return (least, null);
        if (!TryCount(numbers[1], out int most) || most < least)
            throw new FormatException($"how often is not said as {{n}}, {{n,}} or {{n,m}} with numbers up to {MaxTimes}");
        return (least, most);
    }

    private static bool TryCount(string number, out int count) =>
        int.TryParse(number, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out count) && count <= MaxTimes;

    // Its jumps stay within it.
    private void Copy(PatternStep[] piece, int from)
    {
        int moved = steps.Count - from;
        foreach (PatternStep step in piece)
            Add(step with { To = step.To + moved });
    }

    private void Insert(int at, PatternStep step)
    {
        for (int i = at; i < steps.Count; i++)
        {
            if (steps[i].Kind is PatternStepKind.Jump or PatternStepKind.Either)
                steps[i] = steps[i] with { To = steps[i].To + 1 };
        }
        Add(step);
        steps.RemoveAt(steps.Count - 1);
        steps.Insert(at, step);
    }

    private void Add(PatternStep step)
    {
        if (steps.Count >= MaxSteps)
            throw new FormatException("the expression is too large with all its repetitions");
        steps.Add(step);
    }
}
