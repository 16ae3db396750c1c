namespace PresenceXml.Server.Rules.Delivery;

/// <summary>A set of characters: ranges, and the classes <c>d</c> (digits), <c>w</c> (of words), <c>s</c> (white space), in capitals what is not in them.</summary>
/// <param name="Ranges">First and last of each; in capitals when case does not count.</param>
/// <param name="Classes">Letters of classes.</param>
/// <param name="IsNegated">True: what is not in it.</param>
internal sealed record PatternSet(IReadOnlyList<(char First, char Last)> Ranges, string Classes, bool IsNegated)
{
    /// <summary>Every character but the end of a line.</summary>
    public static PatternSet Any { get; } = new([('\n', '\n')], "", IsNegated: true);

    public static PatternSet Of(char one) => new([(one, one)], "", IsNegated: false);

    public static PatternSet OfClass(char name) => new([], name.ToString(), IsNegated: false);

    public static bool IsOfWord(char one) => char.IsLetterOrDigit(one) || one == '_';

    public bool Contains(char one)
    {
        foreach ((char first, char last) in Ranges)
        {
            if (one >= first && one <= last)
                return !IsNegated;
        }
        foreach (char name in Classes)
        {
            if (IsOf(name, one))
                return !IsNegated;
        }
        return IsNegated;
    }

    private static bool IsOf(char name, char one) => name switch
    {
        'd' => char.IsDigit(one),
        'D' => !char.IsDigit(one),
        'w' => IsOfWord(one),
        'W' => !IsOfWord(one),
        's' => char.IsWhiteSpace(one),
        _ => !char.IsWhiteSpace(one),
    };
}
