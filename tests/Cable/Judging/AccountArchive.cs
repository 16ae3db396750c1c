using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Ledger;

namespace PresenceXml.Cable.Judging;

/// <summary>All entries of an account's archive, in its order.</summary>
internal sealed class AccountArchive
{
    private readonly Dictionary<string, List<ArchivedMessage>> byId = [];

    public AccountArchive(Account account, IReadOnlyList<ArchivedMessage> entries)
    {
        Account = account;
        Entries = entries;
        foreach (ArchivedMessage entry in entries)
        {
            if (!byId.TryGetValue(entry.Id, out List<ArchivedMessage>? same))
                byId.Add(entry.Id, same = []);
            same.Add(entry);
        }
    }

    public Account Account { get; }
    public IReadOnlyList<ArchivedMessage> Entries { get; }

    public IReadOnlyList<ArchivedMessage> Find(string id) => byId.TryGetValue(id, out List<ArchivedMessage>? found) ? found : [];

    /// <summary>The entry of what was seen: of the same message and with the same stanza-id; null: that was not stored.</summary>
    public ArchivedMessage? Find(Seen seen) => Find(seen.Id).FirstOrDefault(entry => entry.StanzaId == seen.StanzaId);

    /// <summary>The first of a message's entries; null: none.</summary>
    public ArchivedMessage? First(string id) => byId.TryGetValue(id, out List<ArchivedMessage>? found) ? found[0] : null;
}
