using System.Globalization;
using System.Text;
using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Lines;
using PresenceXml.Cable.Run;

namespace PresenceXml.Cable.Judging;

/// <summary>An act's result as text.</summary>
internal static class Report
{
    /// <summary>How many findings are listed; the first is told in full.</summary>
    private const int Listed = 12;

    public static string Of(ActResult result)
    {
        var text = new StringBuilder();
        Tally tally = result.Evidence.Tally;
        Counts counts = result.Counts;
        Line(text, $"act {result.Plan.Name}: seed {result.Plan.Seed}, {result.Evidence.Accounts.Count} accounts, {result.Evidence.Devices.Count()} devices, {result.Took.TotalSeconds:F0} s");
        IReadOnlyDictionary<FaultKind, int> kinds = result.Faults.ByKind();
        Line(text, $"  faults        {result.Faults.Total}: {Families(kinds)}");
        Line(text, $"                {string.Join(", ", kinds.Where(static kind => kind.Value > 0).Select(static kind => $"{kind.Key} {kind.Value}"))}");
        if (result.Evidence.Kills.Count > 0)
            Line(text, $"  kills         {result.Evidence.Kills.Count} by SIGKILL, each followed by a restart");
        if (result.Faults.Found is { Count: > 0 } found)
            Line(text, $"  dead lines    {found.Count} of clients without SM ended by the server itself, after {found[found.Count / 2].TotalSeconds:F1} s (median), {found[^1].TotalSeconds:F1} s at most");
        Line(text, $"  lines         {counts.Sessions} sessions begun, {counts.GivenUp} lines given up by a client, {counts.CleanEnds} sessions closed by a client, {counts.Forgotten} sessions forgotten by a client");
        int refused = counts.RefusedWithCount + counts.RefusedWithoutCount;
        Line(text, $"  resumptions   {counts.Resumed + refused + counts.Interrupted} tried, {counts.Resumed} succeeded, {refused} failed ({counts.RefusedWithCount} with h, {counts.RefusedWithoutCount} without), {counts.Interrupted} cut off");
        Line(text, $"  messages      {tally.Sent} sent, {tally.Acknowledged} acknowledged, {tally.Stored} stored ({tally.StoredUnacknowledged} of them unacknowledged), {tally.NeverStored} neither, {tally.Refused} refused");
        Line(text, $"  sent again    {counts.ResentOnResumption} stanzas on resumed streams, {counts.Resent} messages in new sessions, {counts.Abandoned} left alone by clients that never send again");
        Line(text, $"  received      {tally.Receipts}, with {counts.Pages} pages of archives; the same stanza-id again: {tally.AgainFromArchive} from an archive, {tally.AgainInLaterSession} in a later session, {tally.AgainAfterKill} after a kill");
        Line(text, $"  counted apart {tally.OnTheCutLine} missed on a cut line by devices with neither SM nor MAM; {tally.MissedWhileAway} missed by such while away that another device has;");
        Line(text, $"                {tally.MissedBySmWithoutArchive} missed by devices with SM and without MAM whose session was lost, that another device has (catching up is the archive's);");
        Line(text, $"                {tally.Ghosts} shown just before a kill and not stored (never acknowledged), {tally.ForgottenPoints} of them taken for a point of the archive; {tally.ReturnedLate} given back late with their time; {tally.Overtaken} overtaken by a newer line of a client that never sends again; {tally.Crossed} crossed with carbons of own messages");
        Line(text, $"  found         {Found(result, Verdict.Lost)} lost, {Found(result, Verdict.Doubled)} doubled, {Found(result, Verdict.Disordered)} out of order, {Found(result, Verdict.Altered)} altered, {Found(result, Verdict.Protocol)} against the protocol{(Found(result, Verdict.Stuck) is > 0 and int stuck ? $", {stuck} not finished" : "")}");
        return text.ToString();
    }

    /// <summary>What is wrong: the first of each kind in full, others in a line each.</summary>
    public static string Findings(ActResult result)
    {
        var text = new StringBuilder();
        foreach (IGrouping<Verdict, Finding> kind in result.Evidence.Findings.GroupBy(static finding => finding.Verdict).OrderBy(static kind => kind.Key))
        {
            Finding[] all = [.. kind.OrderBy(static finding => finding.At)];
            text.AppendLine(Story.Of(result.Evidence, all[0]));
            foreach (Finding finding in all.Skip(1).Take(Listed))
                Line(text, $"  also {finding.Verdict} at {finding.At.TotalSeconds:F3}: {finding.Text}");
            if (all.Length > Listed + 1)
                Line(text, $"  and {all.Length - Listed - 1} more");
        }
        return text.ToString();
    }

    private static int Found(ActResult result, Verdict verdict) => result.Evidence.Findings.Count(finding => finding.Verdict == verdict);

    private static string Families(IReadOnlyDictionary<FaultKind, int> kinds) =>
        string.Join(", ", kinds.GroupBy(static kind => FaultFamily.Of(kind.Key)).Select(static family => $"{family.Sum(static kind => kind.Value)} {family.Key}"));

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
