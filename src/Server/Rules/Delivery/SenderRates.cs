using PresenceXml.Protocol;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>
/// How often each sender writes to each account whose rules ask that: two counters for each, of this span of time and of the one before, which
/// together estimate what came within the last one. In memory; so many pairs at most, and when they are too many all begin anew.
/// </summary>
internal sealed class SenderRates
{
    // Some 150 bytes each.
    private const int Max = 50_000;

    private readonly Dictionary<(Jid Account, Jid Sender, long Per), Counter> counters = [];
    private readonly Lock door = new();

    /// <summary>How many there were within the time before this moment, with this one.</summary>
    /// <param name="account">Whose rules ask.</param>
    /// <param name="sender">Bare.</param>
    /// <param name="per">Within what time.</param>
    /// <param name="now">This moment.</param>
    /// <param name="isCounted">False: it did not really come.</param>
    public int Count(Jid account, Jid sender, TimeSpan per, DateTimeOffset now, bool isCounted)
    {
        long span = now.UtcTicks / per.Ticks;
        double rest = 1 - ((double)(now.UtcTicks % per.Ticks) / per.Ticks);
        lock (door)
        {
            Counter counter = counters.GetValueOrDefault((account, sender, per.Ticks));
            if (counter.Span == span - 1)
                counter = new Counter(span, counter.Now, 0);
            else if (counter.Span != span)
                counter = new Counter(span, 0, 0);
            counter = counter with { Now = counter.Now + 1 };
            if (isCounted)
            {
                if (counters.Count >= Max)
                    counters.Clear();
                counters[(account, sender, per.Ticks)] = counter;
            }
            return counter.Now + (int)(counter.Before * rest);
        }
    }

    private readonly record struct Counter(long Span, int Before, int Now);
}
