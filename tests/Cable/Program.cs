using System.Net;
using System.Runtime.InteropServices;
using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Run;
using PresenceXml.Cable.Servers;

namespace PresenceXml.Cable;

/// <summary>The cable test. See README.md beside it.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        CableOptions options;
        try
        {
            options = CableOptions.Parse(arguments);
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message}{Environment.NewLine}--help lists the options.");
            return 2;
        }
        if (options.IsHelp)
        {
            await Console.Out.WriteAsync(CableOptions.Usage);
            return 0;
        }
        if (options.ListsAccounts)
        {
            foreach (Account account in CableRun.AccountsOf(options))
                await Console.Out.WriteLineAsync($"{account.Bare},{account.Password}");
            return 0;
        }
        if (options.Folder is not null && Directory.Exists(options.Folder) && Directory.EnumerateFileSystemEntries(options.Folder).Any())
        {
            await Console.Error.WriteLineAsync($"{options.Folder} is not empty.");
            return 2;
        }
        string folder = options.Folder ?? Directory.CreateTempSubdirectory("presencexml-cable-").FullName;
        try
        {
            Directory.CreateDirectory(folder);
            await using ITestedServer server = options.Server switch
            {
                "own" => new OwnServer(folder, options.Build),
                "prosody" => new ProsodyServer(folder),
                string address => new RemoteServer(IPEndPoint.Parse(address), options.Domain, TimeSpan.FromSeconds(options.Hibernation)),
            };
            // Also when it is ended from outside, no server of ours is left behind.
            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
            Task<int> run = new CableRun(options, server, Console.Out).RunAsync();
            return await Task.WhenAny(run, stopped.Task) == run ? await run : 130;

            void Stop(PosixSignalContext context)
            {
                context.Cancel = true;
                stopped.TrySetResult();
            }
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        finally
        {
            if (options.Folder is null)
                Directory.Delete(folder, recursive: true);
        }
    }
}
