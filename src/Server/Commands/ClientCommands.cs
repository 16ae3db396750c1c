using System.CommandLine;
using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Routing;

namespace PresenceXml.Server.Commands;

/// <summary><c>client list | revoke</c>: what XEP-0494 is for the account's owner.</summary>
internal sealed class ClientCommands(CommandHost host, CommandConsole console, Option<string?> config)
{
    public Command Build()
    {
        var client = new Command("client", "See which clients have access to an account, and take it away, while the server runs or not.");
        client.Add(List());
        client.Add(Revoke());
        return client;
    }

    private Command List()
    {
        Argument<string> address = AccountArgument.Make();
        var command = new Command("list", "Print the clients that have access to an account, the one seen last first. Times are UTC.") { address };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            Jid jid = AccountArgument.Parse(result.GetValue(address)!, options);
            await using AdministrationSession session = await AdministrationSession.OpenAsync(host, options, create: false, cancel);
            IReadOnlyList<KnownClient> clients = await session.Administration.ListClientsAsync(jid, cancel) ?? throw AccountArgument.NoAccount(jid);
            if (clients.Count > 0) Print([["ID", "CONNECTED", "LAST SEEN", "FIRST SEEN", "LET IN BY", "CLIENT"], .. clients.Select(Row)]);
        });
        return command;
    }

    private Command Revoke()
    {
        Argument<string> address = AccountArgument.Make();
        var id = new Argument<string>("CLIENT-ID") { Description = "The client's id, as \"client list\" prints it." };
        var command = new Command("revoke", "Revoke the tokens of a client and end its sessions. A client that knows the password is kept out only by another one: \"user passwd\".") { address, id };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            Jid jid = AccountArgument.Parse(result.GetValue(address)!, options);
            string client = result.GetValue(id)!;
            await using AdministrationSession session = await AdministrationSession.OpenAsync(host, options, create: false, cancel);
            Revocation revocation = await session.Administration.RevokeClientAsync(jid, client, cancel) ?? throw AccountArgument.NoAccount(jid);
            if (revocation == Revocation.NotFound) throw new CommandRefusedException($"{jid} has no client {client}; \"client list {jid}\" prints those it has");
            string sessions = session.IsLive ? "and its sessions have ended" : "and it has no session, since no server runs here";
            await console.Out.WriteLineAsync($"Client {client} of {jid}: its tokens are revoked {sessions}.");
            if (revocation == Revocation.NeedsPassword)
                await console.Out.WriteLineAsync($"It knows the password and can sign in with that again. Only another one keeps it out: \"user passwd {jid}\".");
        });
        return command;
    }

    private static string[] Row(KnownClient client) =>
    [
        client.Record.Id,
        client.IsConnected ? "yes" : "no",
        Stamp(client.Record.LastSeen),
        Stamp(client.Record.FirstSeen),
        string.Join(", ", new[] { client.Record.KnowsPassword ? "password" : "", client.HasToken ? "token" : "" }.Where(static way => way.Length > 0)),
        Name(client),
    ];

    private static string Name(KnownClient client) => (client.Record.Software, client.Record.Device) switch
    {
        ("", "") => client.Record.Resource,
        ("", var device) => device,
        (var software, "") => software,
        var (software, device) => $"{software} on {device}",
    };

    private static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private void Print(IReadOnlyList<string[]> rows)
    {
        foreach (string line in TextTable.Lines(rows)) console.Out.WriteLine(line);
    }
}
