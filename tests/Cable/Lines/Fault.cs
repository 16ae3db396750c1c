namespace PresenceXml.Cable.Lines;

/// <summary>One fault of a line's plan.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="After">How long after the line's beginning or the end of its last fault.</param>
/// <param name="Lasts">How long what passes by itself lasts, or how long the end of the line that hears nothing is left alone.</param>
/// <param name="Torn">The direction in which it begins in the middle of a piece; null: wherever the bytes are.</param>
/// <param name="Bytes">With <paramref name="Torn"/>: how many more bytes pass before it.</param>
internal sealed record Fault(FaultKind Kind, TimeSpan After, TimeSpan Lasts, Direction? Torn, int Bytes);
