using System.CommandLine;
using System.Reflection;
using PresenceXml.Server.Configuration;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary>The executable's command line. Exit codes: 0 done, 1 refused with one clear line on stderr, 2 wrong usage.</summary>
public sealed class CommandLine(CommandHost host, CommandConsole console)
{
    public const int Done = 0, Refused = 1, WrongUsage = 2;

    /// <summary>The product's version.</summary>
    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public async Task<int> InvokeAsync(IReadOnlyList<string> arguments, CancellationToken cancel = default)
    {
        ParseResult parsed = Build().Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await console.Error.WriteLineAsync($"presencexml: {error.Message}");
            await console.Error.WriteLineAsync("\"presencexml --help\" lists the commands.");
            return WrongUsage;
        }
        try
        {
            // The server ends itself on a signal, and commands end with the process: nothing here is to cut a stop short.
            var invocation = new InvocationConfiguration { Output = console.Out, Error = console.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(invocation, cancel);
        }
        catch (ConfigurationException e)
        {
            foreach (string problem in e.Problems) await console.Error.WriteLineAsync(problem);
            return Refused;
        }
        catch (Exception e) when (e is CommandRefusedException or StorageException)
        {
            await console.Error.WriteLineAsync($"presencexml: {e.Message}");
            return Refused;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await console.Error.WriteLineAsync("presencexml: cancelled");
            return Refused;
        }
        catch (Exception e)
        {
            // A fault of ours: everything that helps to find it.
            await console.Error.WriteLineAsync($"presencexml: failed: {e}");
            return Refused;
        }
    }

    private RootCommand Build()
    {
        var config = new Option<string?>("--config") { Description = $"The configuration file. Default: {ServerConfiguration.DefaultFile} in the working directory, if there is one.", HelpName = "FILE", Recursive = true };
        var root = new RootCommand("PresenceXml: a server for presence and instant messaging (XMPP). Without a command it runs the server.") { config };
        var run = new Command("run", "Run the server in the foreground.");
        var version = new Command("version", "Print the version.");
        root.SetAction((result, cancel) => RunAsync(result.GetValue(config), cancel));
        run.SetAction((result, cancel) => RunAsync(result.GetValue(config), cancel));
        version.SetAction(_ => console.Out.WriteLine($"presencexml {Version}"));
        var store = new StoreCommands(host, console, config);
        root.Add(run);
        root.Add(new UserCommands(host, console, config).Build());
        root.Add(new ClientCommands(host, console, config).Build());
        root.Add(new FederationCommands(host, console, config).Build());
        root.Add(new WatcherCommand(host, console, config).Build());
        root.Add(new ConfigCommands(host, console, config).Build());
        root.Add(store.BuildBackup());
        root.Add(store.BuildRestore());
        root.Add(version);
        return root;
    }

    private Task RunAsync(string? file, CancellationToken cancel) => host.RunServer(host.Load(file), console, cancel);
}
