namespace PresenceXml.Server.Rules.Delivery;

/// <summary>One step of a compiled <see cref="Pattern"/>.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="To">Where a jump goes.</param>
/// <param name="Set">The characters that it takes; for a place, what the place is.</param>
internal readonly record struct PatternStep(PatternStepKind Kind, int To, PatternSet? Set, char Place)
{
    public static PatternStep Taking(PatternSet set) => new(PatternStepKind.Take, 0, set, default);

    public static PatternStep Jump(int to) => new(PatternStepKind.Jump, to, null, default);

    public static PatternStep Either(int to) => new(PatternStepKind.Either, to, null, default);

    /// <param name="place"><c>^</c>, <c>$</c>, <c>b</c> (the edge of a word) or <c>B</c> (none).</param>
    public static PatternStep At(char place) => new(PatternStepKind.Place, 0, null, place);

    public static PatternStep End { get; } = new(PatternStepKind.End, 0, null, default);

    public bool Takes(char next) => Set is { } set && set.Contains(next);

    /// <summary>Is this place of the text of that kind? Lines begin and end at <c>\n</c>.</summary>
    public bool Holds(string text, int at)
    {
        bool isBehindWord = at > 0 && PatternSet.IsOfWord(text[at - 1]);
        bool isBeforeWord = at < text.Length && PatternSet.IsOfWord(text[at]);
        return Place switch
        {
            '^' => at == 0 || text[at - 1] == '\n',
            '$' => at == text.Length || text[at] == '\n',
            'b' => isBehindWord != isBeforeWord,
            _ => isBehindWord == isBeforeWord,
        };
    }
}
