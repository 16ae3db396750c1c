using Microsoft.Extensions.Logging;

namespace PresenceXml.Server.Federation;

/// <summary>
/// Lines of the log about links that cannot be opened: one when a link begins to fail, or fails for another reason; what fails in the same way again, and what
/// is more than so many a minute, is told at Debug only, and counted. Safe for several threads.
/// </summary>
/// <param name="log">For the operator.</param>
/// <param name="clock">The clock.</param>
internal sealed class FailureLines(ILogger log, TimeProvider clock)
{
    /// <summary>Lines a minute. A list of contacts with some dead domains is told whole, thousands of them are not.</summary>
    public const int MostAMinute = 60;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private long since = clock.GetTimestamp();
    private int told;
    private int untold;

    /// <summary>A link could not be opened.</summary>
    /// <param name="pair">Between whom.</param>
    /// <param name="failure">Why.</param>
    /// <param name="before">Why it could not before; null when it was open, or never tried.</param>
    /// <param name="returned">Stanzas that went back to their senders.</param>
    /// <param name="pause">How long it is not tried.</param>
    public void Tell(DomainPair pair, LinkFailure failure, LinkFailure? before, int returned, TimeSpan pause)
    {
        bool isNew = before is null || before.Step != failure.Step || before.Reason != failure.Reason;
        string remedy = failure.Remedy is { } text ? $" To mend it: {text}." : "";
        string reason = failure.Reason.TrimEnd('.');
        LogLevel level = isNew && TryTake() ? LogLevel.Information : LogLevel.Debug;
        FederationLog.Failed(log, level, pair.Local, pair.Remote, failure.Step, reason, remedy, returned, pause.TotalSeconds);
    }

    /// <summary>Time has gone by: tells how many were not told.</summary>
    public void Tick()
    {
        int count;
        lock (gate)
        {
            if (clock.GetElapsedTime(since) < Minute) return;
            since = clock.GetTimestamp();
            count = untold;
            told = untold = 0;
        }
        if (count > 0) FederationLog.Untold(log, count);
    }

    private bool TryTake()
    {
        lock (gate)
        {
            if (told < MostAMinute)
            {
                told++;
                return true;
            }
            untold++;
            return false;
        }
    }
}
