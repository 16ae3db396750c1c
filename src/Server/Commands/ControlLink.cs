using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Commands;

/// <summary>A link as it is told over the control socket; its parts as in <see cref="LinkReport"/>.</summary>
internal sealed record ControlLink(
    string Local, string Remote, LinkState State, DateTimeOffset Since, DateTimeOffset? Until, string? Manner,
    int Waiting, int Unconfirmed, LinkCounts Counts, ControlFault? Failure, IReadOnlyList<string>? Trace)
{
    /// <param name="report">The link.</param>
    /// <param name="isWhole">With what was done to open it.</param>
    public static ControlLink Of(LinkReport report, bool isWhole) => new(
        report.Pair.Local, report.Pair.Remote, report.State, report.Since, report.PausedUntil, report.Manner?.ToString(),
        report.Waiting, report.Unconfirmed, report.Counts, ControlFault.Of(report.Failure), isWhole ? report.Trace : null);
}

/// <summary>Why a link failed; its parts as in <see cref="LinkFailure"/>.</summary>
internal sealed record ControlFault(DateTimeOffset At, LinkStep Step, string Reason, string? Remedy)
{
    public static ControlFault? Of(LinkFailure? failure) => failure is null ? null : new(failure.At, failure.Step, failure.Reason, failure.Remedy);
}

/// <summary>A stream of another server; its parts as in <see cref="IncomingReport"/>.</summary>
internal sealed record ControlIncoming(string Local, string Remote, DomainProof Proof, string Address, DateTimeOffset Since, bool IsBidi, bool IsManaged)
{
    public static ControlIncoming Of(IncomingReport report) => new(report.Pair.Local, report.Pair.Remote, report.Proof, report.Address, report.Since, report.IsBidi, report.IsManaged);
}

/// <summary>What came of a test; <paramref name="Manner"/> and <paramref name="Failure"/> as in <see cref="LinkTest"/>.</summary>
internal sealed record ControlTest(string Local, string? Manner, ControlFault? Failure);
