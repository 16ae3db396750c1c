using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Ledger;

namespace PresenceXml.Cable.Judging;

/// <summary>
/// What the archives of both sides hold: each acknowledged message exactly once in both, any other at most once and in both or in none,
/// in the order of its sender, and in the same order on both sides.
/// </summary>
internal static class ArchiveJudge
{
    public static void Judge(Evidence evidence)
    {
        foreach (SentMessage message in evidence.Messages.Values)
            JudgeStored(evidence, message);
        foreach (AccountArchive archive in evidence.Archives.Values)
        {
            JudgeEntries(evidence, archive);
            JudgeSendersOrder(evidence, archive);
        }
        foreach (Account account in evidence.Accounts)
        {
            foreach (Account peer in account.Peers)
            {
                if (string.CompareOrdinal(account.Bare, peer.Bare) < 0 || !peer.Peers.Contains(account))
                    JudgeBothSides(evidence, account, peer);
            }
        }
    }

    private static void JudgeStored(Evidence evidence, SentMessage message)
    {
        Tally tally = evidence.Tally;
        tally.Sent++;
        int inbox = evidence.Archives[message.To].Find(message.Id).Count;
        int outbox = evidence.Archives[message.Sender.Account].Find(message.Id).Count;
        TimeSpan at = message.Attempts[0].At;
        if (message.Refusal is not null)
            tally.Refused++;
        if (message.Acknowledged is not null)
            tally.Acknowledged++;
        else if (inbox + outbox > 0)
            tally.StoredUnacknowledged++;
        else
            tally.NeverStored++;
        if (inbox + outbox > 0)
            tally.Stored++;
        if (inbox > 1 || outbox > 1)
            evidence.Find(Verdict.Doubled, message.Id, at, $"{message.Id} is {inbox} times in the archive of {message.To} and {outbox} times in that of {message.Sender.Account}");
        else if (message.Acknowledged is not null && message.Refusal is null && (inbox == 0 || outbox == 0))
            evidence.Find(Verdict.Lost, message.Id, at, $"{message.Id} was acknowledged ({message.AcknowledgedBy}) and is {inbox} times in the archive of {message.To}, {outbox} times in that of {message.Sender.Account}");
        else if (inbox != outbox)
            evidence.Find(Verdict.Lost, message.Id, at, $"{message.Id} is {inbox} times in the archive of {message.To} and {outbox} times in that of {message.Sender.Account}");
    }

    private static void JudgeEntries(Evidence evidence, AccountArchive archive)
    {
        DateTimeOffset before = DateTimeOffset.MinValue;
        HashSet<string> ids = [];
        foreach (ArchivedMessage entry in archive.Entries)
        {
            if (!evidence.Messages.ContainsKey(entry.Id) || !entry.IsWhole)
                evidence.Find(Verdict.Altered, entry.Id, entry.At, $"{entry.Id} in the archive of {archive.Account} is {(entry.IsWhole ? "nobody's message" : "not what was sent")}");
            if (entry.StanzaId.Length == 0 || !ids.Add(entry.StanzaId))
                evidence.Find(Verdict.Altered, entry.Id, entry.At, $"{entry.Id} in the archive of {archive.Account} has the id '{entry.StanzaId}' of another one");
            if (entry.Stamp < before)
                evidence.Find(Verdict.Disordered, entry.Id, entry.At, $"{entry.Id} in the archive of {archive.Account} is older than the entry before it");
            before = entry.Stamp;
        }
    }

    // What one device sent is in its order. A sender that sends again does so in order, so that only who never does can be overtaken by
    // itself: by a newer line, while bytes of an older one are still under way.
    private static void JudgeSendersOrder(Evidence evidence, AccountArchive archive)
    {
        Dictionary<Device, SentMessage> newest = [];
        foreach (ArchivedMessage entry in archive.Entries)
        {
            // A message that is there twice was said already.
            if (!evidence.Messages.TryGetValue(entry.Id, out SentMessage? message) || archive.First(entry.Id) != entry)
                continue;
            if (!newest.TryGetValue(message.Sender, out SentMessage? before) || before.Order < message.Order)
            {
                newest[message.Sender] = message;
                continue;
            }
            if (!message.Sender.Traits.Resends && message.Attempts[^1].Line.Number < before.Attempts[0].Line.Number)
                evidence.Tally.Overtaken++;
            else
                evidence.Find(Verdict.Disordered, message.Id, entry.At, $"{message.Id} comes behind {before.Id} in the archive of {archive.Account}, and was sent before it");
        }
    }

    private static void JudgeBothSides(Evidence evidence, Account one, Account other)
    {
        List<ArchivedMessage> ours = Between(evidence, one, other), theirs = Between(evidence, other, one);
        for (int i = 0; i < Math.Min(ours.Count, theirs.Count); i++)
        {
            if (ours[i].Id == theirs[i].Id)
                continue;
            evidence.Find(Verdict.Disordered, ours[i].Id, ours[i].At, $"{ours[i].Id} is in the archive of {one} where that of {other} has {theirs[i].Id}");
            return;
        }
    }

    // The entries that both archives have to have. One that is missing or there twice on a side was said already.
    private static List<ArchivedMessage> Between(Evidence evidence, Account account, Account peer)
    {
        AccountArchive theirs = evidence.Archives[peer];
        return [.. evidence.Archives[account].Entries.Where(entry =>
            evidence.Messages.TryGetValue(entry.Id, out SentMessage? message)
            && (message.To == peer || message.Sender.Account == peer)
            && theirs.Find(entry.Id).Count == 1
            && evidence.Archives[account].Find(entry.Id).Count == 1)];
    }
}
