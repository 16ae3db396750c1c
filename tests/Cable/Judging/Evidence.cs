using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Ledger;
using PresenceXml.Cable.Lines;

namespace PresenceXml.Cable.Judging;

/// <summary>Everything that an act left behind, and what was found in it.</summary>
internal sealed class Evidence
{
    private readonly Lock gate = new();

    public Evidence(IReadOnlyList<Account> accounts, IReadOnlyList<AccountArchive> archives, IReadOnlyList<TimeSpan> kills, TimeSpan tolerance)
    {
        Accounts = accounts;
        Kills = kills;
        Tolerance = tolerance;
        Archives = archives.ToDictionary(static archive => archive.Account);
        Messages = accounts.SelectMany(static account => account.Devices).SelectMany(static device => device.Sent).ToDictionary(static message => message.Id);
    }

    public IReadOnlyList<Account> Accounts { get; }
    public IEnumerable<Device> Devices => Accounts.SelectMany(static account => account.Devices);
    public IReadOnlyDictionary<Account, AccountArchive> Archives { get; }
    public IReadOnlyDictionary<string, SentMessage> Messages { get; }

    /// <summary>When the server was killed, in order.</summary>
    public IReadOnlyList<TimeSpan> Kills { get; }

    /// <summary>How exact the server's stamps are, and how much later than a line's end it may have noticed it.</summary>
    public TimeSpan Tolerance { get; }

    public List<Finding> Findings { get; } = [];
    public Tally Tally { get; } = new();

    public void Find(Verdict verdict, string? id, TimeSpan at, string text)
    {
        lock (gate)
            Findings.Add(new Finding(verdict, id, at, text));
    }

    /// <summary>True when the process that served this line was killed before it had acknowledged the message, which it may have shown by then.</summary>
    public bool EndedBeforeAcknowledged(LineRecord line, SentMessage message)
    {
        int first = Kills.TakeWhile(kill => kill < line.Opened).Count();
        return first < Kills.Count && (message.Acknowledged is not { } at || at > Kills[first]);
    }

    public bool WasKilledBetween(TimeSpan from, TimeSpan to) => Kills.Any(kill => kill >= from && kill <= to);
}
