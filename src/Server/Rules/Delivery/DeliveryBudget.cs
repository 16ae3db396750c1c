namespace PresenceXml.Server.Rules.Delivery;

/// <summary>
/// What the rules of one message may cost, counted in steps and not by a clock, so that the same message ends at the same place on every
/// machine. A step is about the work of looking at one character.
/// </summary>
/// <param name="steps">How many there are.</param>
internal sealed class DeliveryBudget(int steps)
{
    /// <summary>Some milliseconds at worst. A hundred rules that each look for a word in a message of 1 KiB take a quarter of it.</summary>
    public const int Steps = 1_000_000;

    private readonly int all = steps;
    private int left = steps;

    /// <summary>True once something was not paid for: what the rules said so far does not count.</summary>
    public bool IsSpent => left < 0;

    /// <summary>How many were taken.</summary>
    public int Taken => IsSpent ? all : all - left;

    /// <summary>False, now and ever after, when there are not so many left.</summary>
    public bool TryTake(int count)
    {
        left = IsSpent || count > left ? -1 : left - count;
        return !IsSpent;
    }
}
