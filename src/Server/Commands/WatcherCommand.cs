using System.CommandLine;
using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Commands;

/// <summary><c>watchers JID</c>: who watches an account. Only the server that runs knows.</summary>
internal sealed class WatcherCommand(CommandHost host, CommandConsole console, Option<string?> config)
{
    public Command Build()
    {
        Argument<string> address = AccountArgument.Make();
        var command = new Command(
            "watchers", "Print who watches an account, the one heard of last first, also those that hide from its owner. The server has to run, and logs that it was asked. Times are UTC.") { address };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            Jid jid = AccountArgument.Parse(result.GetValue(address)!, options);
            ControlClient client = await ControlClient.TryConnectAsync(options.DataDirectory, cancel)
                ?? throw new CommandRefusedException($"no server runs on {options.DataDirectory}; only one that runs knows who watches");
            IReadOnlyList<ControlWatcher> watchers = await client.ListWatchersAsync(jid, cancel) ?? throw AccountArgument.NoAccount(jid);
            if (watchers.Count == 0) return;
            foreach (string line in TextTable.Lines([["WATCHER", "KIND", "STATUS", "LAST", "FIRST", "ASKED", "PROVEN BY", "REMARKS"], .. watchers.Select(Row)]))
                console.Out.WriteLine(line);
        });
        return command;
    }

    // Texts that are empty are not written by the server.
    private static string[] Row(ControlWatcher watcher) =>
    [
        watcher.Jid, watcher.Kind, watcher.Status, Stamp(watcher.Last), Stamp(watcher.First), watcher.Count.ToString(CultureInfo.InvariantCulture), watcher.Strength ?? "", watcher.Remarks ?? "",
    ];

    private static string Stamp(DateTimeOffset time) =>
        time <= DateTimeOffset.UnixEpoch ? "-" : time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
