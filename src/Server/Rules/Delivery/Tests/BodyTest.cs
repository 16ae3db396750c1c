using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>What people read of it (<see cref="DeliveryQuestion.Texts"/>) contains a text, or something that a <see cref="Pattern"/> describes.</summary>
internal sealed record BodyTest : DeliveryTest
{
    /// <summary>Characters of a text to look for.</summary>
    public const int MaxLength = 256;

    /// <summary>The text; null when it is a pattern.</summary>
    public string? Contains { get; init; }

    public Pattern? Matches { get; init; }

    /// <summary>True when capitals count.</summary>
    public bool IsExact { get; init; }

    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        foreach (string text in question.Texts)
        {
            if (Matches is { } pattern ? pattern.IsFoundIn(text, question.Budget) : IsIn(text, question))
                return true;
        }
        return false;
    }

    public override Element ToElement() => Element("body", ("contains", Contains), ("matches", Matches?.Text), ("case", IsExact ? "true" : null));

    public bool Equals(BodyTest? other) =>
        other is not null && Contains == other.Contains && Matches?.Text == other.Matches?.Text && IsExact == other.IsExact;

    public override int GetHashCode() => HashCode.Combine(Contains, Matches?.Text, IsExact);

    // At worst as many comparisons at each place as the text has characters, many of them at once. What is found to be in none of the texts is paid for all the same.
    private bool IsIn(string text, DeliveryQuestion question) =>
        question.Budget.TryTake(1 + (text.Length * (1 + (Contains!.Length / 32))))
        && question.HasWord
        && text.Contains(Contains!, IsExact ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
}
