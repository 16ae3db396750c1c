using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Ledger;

namespace PresenceXml.Cable.Judging;

/// <summary>What each device has: everything that it may expect by its means, each once, in order.</summary>
internal static class DeviceJudge
{
    /// <summary>Some servers tell times in seconds, and note that of a delivery apart from that of the archive.</summary>
    private static readonly TimeSpan StampTolerance = TimeSpan.FromSeconds(2);

    public static void Judge(Evidence evidence)
    {
        foreach (Account account in evidence.Accounts)
        {
            AccountArchive archive = evidence.Archives[account];
            DeviceView[] views = [.. account.Devices.Select(device => new DeviceView(device, archive, evidence.Tolerance))];
            foreach (DeviceView view in views)
            {
                JudgeMissing(evidence, archive, views, view);
                JudgeOnce(evidence, archive, view.Device);
                JudgeForgotten(evidence, view.Device);
                foreach (string complaint in view.Device.Complaints)
                    evidence.Find(Verdict.Protocol, null, TimeSpan.Zero, complaint);
            }
        }
    }

    private static void JudgeMissing(Evidence evidence, AccountArchive archive, DeviceView[] views, DeviceView view)
    {
        Device device = view.Device;
        foreach (ArchivedMessage entry in archive.Entries)
        {
            if (view.Has.Contains(entry.Id) || !evidence.Messages.TryGetValue(entry.Id, out SentMessage? message) || !MayExpect(device, message))
                continue;
            bool isIncoming = message.To == device.Account;
            bool anotherHas = !isIncoming || views.Any(other => other != view && (other.Has.Contains(entry.Id) || (other.Device.Traits.Kind == "neither" && other.WasOnCutLine(entry, message))));
            Tally tally = evidence.Tally;
            if (device.Traits.Kind == "neither" && view.WasOnCutLine(entry, message))
                tally.OnTheCutLine++;
            else if (!device.Traits.Catches && views.Length > 1 && anotherHas && (view.WasAway(entry, isIncoming) || view.WasForLostSession(entry, message)))
                Interlocked.Increment(ref device.Traits.Managed ? ref tally.MissedBySmWithoutArchive : ref tally.MissedWhileAway);
            else
                evidence.Find(Verdict.Lost, entry.Id, entry.At, $"{entry.Id} is in the archive of {archive.Account} and never came to {device.Name} ({device.Traits})");
        }
    }

    // Without MAM: what comes to its account, and to another device of it by carbons.
    private static bool MayExpect(Device device, SentMessage message)
    {
        if (message.Sender == device)
            return false;
        if (device.Traits.Catches || device.Traits.Carbons)
            return true;
        return message.To == device.Account
            && (message.Address == device.Account.Bare || device.Sessions.Exists(session => session.Address == message.Address));
    }

    private static void JudgeOnce(Evidence evidence, AccountArchive archive, Device device)
    {
        var seen = new Dictionary<string, List<Receipt>>();
        var newest = new Dictionary<(SessionRecord Session, bool IsSent), int>();
        foreach (Receipt receipt in device.Receipts)
        {
            evidence.Tally.Receipts++;
            string id = receipt.Seen.Id;
            if (!JudgeContent(evidence, archive, device, receipt))
                continue;
            if (!seen.TryGetValue(id, out List<Receipt>? before))
                seen.Add(id, before = []);
            foreach (Receipt earlier in before)
                JudgeAgain(evidence, device, earlier, receipt);
            before.Add(receipt);
            if (receipt.Seen.Form != MessageForm.Archive && archive.Find(receipt.Seen) is { } entry)
                JudgeOrder(evidence, device, receipt, entry.Index, newest);
        }
    }

    /// <summary>False: it is not one to be compared with others.</summary>
    private static bool JudgeContent(Evidence evidence, AccountArchive archive, Device device, Receipt receipt)
    {
        Seen seen = receipt.Seen;
        string where = $"{seen.Id} came to {device.Name} ({seen.Form}, id '{seen.StanzaId}')";
        if (!seen.IsWhole || !evidence.Messages.TryGetValue(seen.Id, out SentMessage? message) || (message.To != device.Account && message.Sender.Account != device.Account))
        {
            evidence.Find(Verdict.Altered, seen.Id, receipt.At, $"{where} and is not what was sent to it");
            return false;
        }
        if (archive.Find(seen) is { } same)
        {
            // A message that comes late, or again, says when it came first (XEP-0203).
            if (seen.Stamp is { } stamp && (stamp - same.Stamp).Duration() > StampTolerance)
                evidence.Find(Verdict.Altered, seen.Id, receipt.At, $"{where} with the time {stamp:O}, and the archive has it from {same.Stamp:O}");
            return true;
        }
        // Not to be told apart by a client that knows the id.
        if (archive.Entries.FirstOrDefault(entry => entry.StanzaId == seen.StanzaId) is { } other)
        {
            evidence.Find(Verdict.Doubled, seen.Id, receipt.At, $"{where}, which is the id of {other.Id} in the archive");
            return false;
        }
        // D4: a live recipient is served before the commit; a kill in between takes the entry with it, and it was not acknowledged.
        if (evidence.EndedBeforeAcknowledged(receipt.Line, message))
            evidence.Tally.Ghosts++;
        else if (archive.First(seen.Id) is { } entry)
            evidence.Find(Verdict.Doubled, seen.Id, receipt.At, $"{where} and has the id '{entry.StanzaId}' in the archive");
        else
            evidence.Find(Verdict.Lost, seen.Id, receipt.At, $"{where} and is in no archive");
        return false;
    }

    private static void JudgeAgain(Evidence evidence, Device device, Receipt earlier, Receipt receipt)
    {
        Tally tally = evidence.Tally;
        string id = receipt.Seen.Id;
        if (receipt.Seen.Form == MessageForm.Archive || earlier.Seen.Form == MessageForm.Archive)
            tally.AgainFromArchive++;
        else if (earlier.Session == receipt.Session)
            evidence.Find(Verdict.Doubled, id, receipt.At, $"{id} came to {device.Name} twice in one session ({earlier.Seen.Form}, then {receipt.Seen.Form})");
        else if (evidence.WasKilledBetween(earlier.At, receipt.At))
            tally.AgainAfterKill++;
        else if (earlier.Settled is { } settled && settled < receipt.Session.Bound)
            evidence.Find(Verdict.Doubled, id, receipt.At, $"{id} came to {device.Name} again, though the server knew of the first time");
        else
            tally.AgainInLaterSession++;
    }

    // Only a client that trusts what is shown before it is durable, and only after a kill.
    private static void JudgeForgotten(Evidence evidence, Device device)
    {
        foreach ((TimeSpan at, string what) in device.Forgotten)
        {
            if (device.Traits.TrustsLive && evidence.WasKilledBetween(TimeSpan.Zero, at))
                evidence.Tally.ForgottenPoints++;
            else
                evidence.Find(Verdict.Protocol, null, at, $"{device.Name}: {what}");
        }
    }

    private static void JudgeOrder(Evidence evidence, Device device, Receipt receipt, int index, Dictionary<(SessionRecord Session, bool IsSent), int> newest)
    {
        bool isSent = receipt.Seen.Form == MessageForm.Sent;
        (SessionRecord, bool) key = (receipt.Session, isSent);
        if (newest.TryGetValue((receipt.Session, !isSent), out int across) && across > index && receipt.Seen.Stamp is null)
            evidence.Tally.Crossed++;
        if (!newest.TryGetValue(key, out int last) || index > last)
            newest[key] = index;
        else if (receipt.Seen.Stamp is not null)
            evidence.Tally.ReturnedLate++;
        else if (index < last)
            evidence.Find(Verdict.Disordered, receipt.Seen.Id, receipt.At, $"{receipt.Seen.Id} came to {device.Name} behind a message that the archive of {device.Account} has behind it");
    }
}
