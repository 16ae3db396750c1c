using System.Globalization;
using System.Net;
using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Ledger;
using PresenceXml.Cable.Run;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Cable.Judging;

/// <summary>Reads a whole archive page by page as a client that never was there before.</summary>
internal sealed class ArchiveReader(IPEndPoint server, RunClock clock)
{
    private const int Page = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="LineLostException">The server did not let it.</exception>
    public async Task<AccountArchive> ReadAsync(Account account)
    {
        await using Connection connection = await Connection.OpenAsync(server);
        await Login.RunAsync(connection, account, Patience, static () => { });
        connection.Send($"<iq type='set' id='bind'><bind xmlns='{Namespaces.Bind}'><resource>judge</resource></bind></iq>");
        await Login.ExpectAsync(connection, Namespaces.Client, "iq", Patience);
        List<ArchivedMessage> entries = [];
        string? last = null;
        for (int page = 0; ; page++)
        {
            string query = string.Create(CultureInfo.InvariantCulture, $"j{page}");
            string after = last is null ? "" : $"<after>{last}</after>";
            connection.Send(string.Create(
                CultureInfo.InvariantCulture,
                $"<iq type='set' id='{query}'><query xmlns='{Names.Archive}' queryid='{query}'><set xmlns='{Names.ResultSets}'><max>{Page}</max>{after}</set></query></iq>"));
            Element fin = await PageAsync(connection, account, query, entries);
            if (fin["complete"] is "true" or "1")
                break;
            last = fin.Child(Names.ResultSets, "set")?.Child(Names.ResultSets, "last")?.Text
                ?? throw new LineLostException($"a page of {account} neither complete nor with a last id");
        }
        connection.Send("</stream:stream>");
        return new AccountArchive(account, entries);
    }

    private async Task<Element> PageAsync(Connection connection, Account account, string query, List<ArchivedMessage> entries)
    {
        while (true)
        {
            Element element = await connection.ReceiveAsync(Patience) ?? throw new LineLostException($"no page of {account}'s archive in time");
            if (element.LocalName == "iq" && element["id"] == query)
                return element.Child(Names.Archive, "fin") ?? throw new LineLostException($"{account}'s archive cannot be read: {element}");
            if (element.LocalName != "message" || MessageReader.Read(element, account.Bare) is not { Form: MessageForm.Archive } seen || seen.QueryId != query)
                continue;
            DateTimeOffset stamp = seen.Stamp ?? throw new LineLostException($"an archived message without its time: {element}");
            entries.Add(new ArchivedMessage(entries.Count, seen.StanzaId ?? "", seen.Id, seen.IsWhole, stamp, clock.Of(stamp)));
        }
    }
}
