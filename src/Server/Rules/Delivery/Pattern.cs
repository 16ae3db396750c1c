namespace PresenceXml.Server.Rules.Delivery;

/// <summary>
/// A regular expression without backtracking: it is run as a set of states over the text (K. Thompson, CACM 11:6, 1968), so its cost is at most
/// the length of the text times the size of the expression, and every step is paid for. There are no groups to read, no look-around and no
/// references back.
/// </summary>
internal sealed class Pattern
{
    /// <summary>Characters of an expression.</summary>
    public const int MaxLength = 256;

    private readonly PatternStep[] steps;
    private readonly bool ignoresCase;

    private Pattern(string text, PatternStep[] steps, bool ignoresCase)
    {
        Text = text;
        this.steps = steps;
        this.ignoresCase = ignoresCase;
    }

    /// <summary>The expression as it was written.</summary>
    public string Text { get; }

    /// <exception cref="FormatException">It is none; the text says what is wrong.</exception>
    public static Pattern Parse(string text, bool ignoresCase)
    {
        if (text.Length > MaxLength)
            throw new FormatException($"the expression is longer than {MaxLength} characters");
        return new Pattern(text, new PatternCompiler(text, ignoresCase).Compile(), ignoresCase);
    }

    /// <summary>True when it is found anywhere in the text. False also when the budget is spent.</summary>
    public bool IsFoundIn(string text, DeliveryBudget budget)
    {
        if (!budget.TryTake(steps.Length))
            return false;
        var seen = new int[steps.Length];
        var pending = new int[steps.Length];
        int[] now = new int[steps.Length], then = new int[steps.Length];
        int count = 0;
        for (int at = 0; at <= text.Length; at++)
        {
            // It may begin at each place.
            count = Follow(0, text, at, now, count, seen, pending, budget);
            if (count < 0)
                return !budget.IsSpent;
            if (at == text.Length)
                break;
            char next = ignoresCase ? char.ToUpperInvariant(text[at]) : text[at];
            if (!budget.TryTake(count + 1))
                return false;
            int after = 0;
            for (int i = 0; i < count; i++)
            {
                if (!steps[now[i]].Takes(next))
                    continue;
                after = Follow(now[i] + 1, text, at + 1, then, after, seen, pending, budget);
                if (after < 0)
                    return !budget.IsSpent;
            }
            (now, then, count) = (then, now, after);
        }
        return false;
    }

    /// <summary>Adds the states that are reached from one without a character. Negative: the end is among them, or the budget is spent.</summary>
    private int Follow(int state, string text, int at, int[] into, int count, int[] seen, int[] pending, DeliveryBudget budget)
    {
        int waiting = 0;
        Visit(state);
        while (waiting > 0)
        {
            if (!budget.TryTake(1))
                return -1;
            int next = pending[--waiting];
            PatternStep step = steps[next];
            switch (step.Kind)
            {
                case PatternStepKind.End:
                    return -1;
                case PatternStepKind.Jump:
                    Visit(step.To);
                    break;
                case PatternStepKind.Either:
                    Visit(step.To);
                    Visit(next + 1);
                    break;
                case PatternStepKind.Place:
                    if (step.Holds(text, at))
                        Visit(next + 1);
                    break;
                default:
                    into[count++] = next;
                    break;
            }
        }
        return count;

        // Once at each place; 0 is "never".
        void Visit(int one)
        {
            if (seen[one] == at + 1)
                return;
            seen[one] = at + 1;
            pending[waiting++] = one;
        }
    }
}
