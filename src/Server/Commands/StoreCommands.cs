using System.CommandLine;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Commands;

/// <summary><c>backup</c> and <c>restore</c>.</summary>
internal sealed class StoreCommands(CommandHost host, CommandConsole console, Option<string?> config)
{
    public Command BuildBackup()
    {
        var file = new Argument<string>("FILE") { Description = "A new file; it will hold keys and messages and be readable for its owner alone." };
        var command = new Command("backup", "Write a consistent copy of everything in the data directory, while the server runs or not.") { file };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            string path = host.FullPath(result.GetValue(file)!);
            await using AdministrationSession session = await AdministrationSession.OpenAsync(host, options, create: false, cancel);
            await session.Administration.BackupAsync(path, cancel);
            await console.Out.WriteLineAsync($"Backup written to {path}.");
        });
        return command;
    }

    public Command BuildRestore()
    {
        var file = new Argument<string>("FILE") { Description = "What \"backup\" wrote." };
        var command = new Command("restore", "Put a backup into an empty data directory.") { file };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            string path = host.FullPath(result.GetValue(file)!);
            await Backup.RestoreAsync(path, options.DataDirectory, (folder, token) => host.OpenStore(folder, false, token), cancel);
            await console.Out.WriteLineAsync($"{path} restored into {options.DataDirectory}.");
        });
        return command;
    }
}
