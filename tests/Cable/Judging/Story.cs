using System.Globalization;
using System.Text;
using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Ledger;
using PresenceXml.Cable.Lines;

namespace PresenceXml.Cable.Judging;

/// <summary>All that is known of one message, for whoever looks for the fault. Times are seconds of the run.</summary>
internal static class Story
{
    private static readonly TimeSpan Around = TimeSpan.FromSeconds(5);

    public static string Of(Evidence evidence, Finding finding)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{finding.Verdict} at {S(finding.At)}: {finding.Text}");
        if (finding.MessageId is null || !evidence.Messages.TryGetValue(finding.MessageId, out SentMessage? message))
            return text.ToString();
        text.AppendLine(CultureInfo.InvariantCulture, $"  {message.Id}: from {message.Sender.Name} ({message.Sender.Traits}) to {message.Address}");
        foreach (Attempt attempt in message.Attempts)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {S(attempt.At)} sent, {attempt.Why}, on line {attempt.Line.Device}/{attempt.Line.Number}");
        text.AppendLine(message.Acknowledged is { } acknowledged
            ? string.Create(CultureInfo.InvariantCulture, $"  {S(acknowledged)} acknowledged by {message.AcknowledgedBy}")
            : "  never acknowledged");
        if (message.Refusal is not null)
            text.AppendLine(CultureInfo.InvariantCulture, $"  refused: {message.Refusal}");
        TimeSpan? stored = null;
        foreach (Account account in (Account[])[message.To, message.Sender.Account])
        {
            foreach (ArchivedMessage entry in evidence.Archives[account].Find(message.Id))
            {
                stored ??= entry.At;
                text.AppendLine(CultureInfo.InvariantCulture, $"  {S(entry.At)} stored in the archive of {account}, entry {entry.Index}, id {entry.StanzaId}");
            }
        }
        HashSet<LineRecord> lines = [.. message.Attempts.Select(static attempt => attempt.Line)];
        TimeSpan middle = stored ?? message.Attempts[0].At;
        foreach (Device device in message.To.Devices.Concat(message.Sender.Account.Devices).Where(device => device != message.Sender))
            TellDevice(text, device, message, middle, finding.At, lines);
        foreach (TimeSpan kill in evidence.Kills.Where(kill => kill > middle - Around && kill < finding.At + Around))
            text.AppendLine(CultureInfo.InvariantCulture, $"  {S(kill)} the server was killed");
        foreach (LineRecord line in lines.OrderBy(static line => line.Opened))
            text.AppendLine(CultureInfo.InvariantCulture, $"  {line}");
        return text.ToString();
    }

    private static void TellDevice(StringBuilder text, Device device, SentMessage message, TimeSpan stored, TimeSpan found, HashSet<LineRecord> lines)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"  {device.Name} ({device.Traits}):");
        foreach (Receipt receipt in device.Receipts.Where(receipt => receipt.Seen.Id == message.Id))
        {
            string settled = receipt.Settled is { } at ? $", known to the server by {S(at)}" : "";
            text.AppendLine(CultureInfo.InvariantCulture, $"    {S(receipt.At)} got it as {receipt.Seen.Form}, id {receipt.Seen.StanzaId}{(receipt.Seen.Stamp is null ? "" : ", delayed")}, line {receipt.Line.Number}, session {receipt.Session.Address}{settled}");
            lines.Add(receipt.Line);
        }
        foreach (SessionRecord session in device.Sessions.Where(session => session.Bound < found + Around && (session.ServerEnd ?? TimeSpan.MaxValue) > stored - Around))
        {
            string closed = session.WasClosed ? ", closed by the client" : "";
            text.AppendLine(CultureInfo.InvariantCulture, $"    session {session.Address ?? "of which the client never learned"} bound {S(session.Bound)}, ready {(session.Ready is { } ready ? S(ready) : "never")}{closed}, lines {string.Join(' ', session.Lines.Select(static line => line.Number))}");
            foreach (LineRecord line in session.Lines.Where(line => line.Opened < stored + Around && (line.ServerEnd ?? TimeSpan.MaxValue) > stored - Around))
                lines.Add(line);
        }
    }

    private static string S(TimeSpan time) => time.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture);
}
