using System.Globalization;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Commands;

/// <summary>What is known of links, in lines for people. Times are UTC.</summary>
internal static class FederationText
{
    private static readonly string[] LinkHeadings = ["OURS", "THEIRS", "STATE", "SINCE", "PROVEN BY", "QUEUED", "SENT", "UNSURE", "RETURNED", "LAST FAILURE"];
    private static readonly string[] IncomingHeadings = ["THEIRS", "OURS", "INCOMING SINCE", "PROVEN BY", "FROM"];

    /// <summary>A line for each link, and one for each pair of domains that a stream of another server may send for.</summary>
    public static IEnumerable<string> List(IReadOnlyList<ControlLink> links, IReadOnlyList<ControlIncoming> incoming)
    {
        if (links.Count > 0)
            foreach (string line in TextTable.Lines([LinkHeadings, .. links.Select(Row)])) yield return line;
        if (links.Count > 0 && incoming.Count > 0) yield return "";
        if (incoming.Count > 0)
            foreach (string line in TextTable.Lines([IncomingHeadings, .. incoming.Select(static one => (string[])[one.Remote, one.Local, Stamp(one.Since), Manner(one), one.Address])])) yield return line;
    }

    /// <summary>Everything of one domain.</summary>
    public static IEnumerable<string> Show(string domain, string policy, IReadOnlyList<ControlLink> links, IReadOnlyList<ControlIncoming> incoming)
    {
        yield return $"{domain}: policy: {policy}";
        foreach (ControlLink link in links)
        {
            yield return "";
            foreach (string line in Show(link)) yield return line;
        }
        if (incoming.Count > 0) yield return "";
        foreach (ControlIncoming one in incoming)
            yield return $"{one.Remote} may send to {one.Local} on a stream it opened from {one.Address}, since {Stamp(one.Since)}; proven by: {Manner(one)}";
    }

    /// <summary>A failure as half a sentence.</summary>
    public static string Fault(ControlFault fault) => $"{Step(fault.Step)}: {fault.Reason.TrimEnd('.')}";

    private static IEnumerable<string> Show(ControlLink link)
    {
        string until = link.Until is { } end ? $"; nothing is sent before {Stamp(end)}, unless they come to us" : "";
        yield return $"{link.Local} to {link.Remote}: {State(link.State)} since {Stamp(link.Since)}{until}";
        if (link.Manner is { } manner) yield return $"  proven by: {manner}";
        LinkCounts counts = link.Counts;
        yield return string.Create(CultureInfo.InvariantCulture,
            $"  stanzas: {link.Waiting} wait, {link.Unconfirmed} are on their way; {counts.Confirmed} arrived, {counts.Returned} went back, {counts.Unsure} unsure; streams so far: {counts.Opened}");
        if (link.Failure is { } fault)
        {
            yield return $"  last failure: {Stamp(fault.At)}, {Fault(fault)}";
            if (fault.Remedy is { } remedy) yield return $"  to mend it: {remedy}";
        }
        if (link.Trace is not { Count: > 0 } trace) yield break;
        yield return "  the last attempt to open it:";
        foreach (string step in trace) yield return "  " + step;
    }

    private static string[] Row(ControlLink link) =>
    [
        link.Local,
        link.Remote,
        State(link.State),
        Stamp(link.Since),
        link.Manner ?? "",
        Number(link.Waiting + link.Unconfirmed),
        Number(link.Counts.Confirmed),
        Number(link.Counts.Unsure),
        Number(link.Counts.Returned),
        link.Failure is { } fault ? $"{Stamp(fault.At)} {Fault(fault)}" : "",
    ];

    private static string Manner(ControlIncoming one) => new LinkManner(one.Proof, null, false, one.IsBidi, one.IsManaged).ToString();

    private static string State(LinkState state) => state.ToString().ToLowerInvariant();

    private static string Step(LinkStep step) => step switch
    {
        LinkStep.Resolve => "DNS",
        LinkStep.Tls => "TLS",
        LinkStep.Prove => "proof",
        _ => step.ToString().ToLowerInvariant(),
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
