using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using PresenceXml.Conformance.Model;
using PresenceXml.Conformance.Mutation;
using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance;

internal static class Program
{
    // Of so many the server's log is still worth reading.
    private const int FewPlays = 20;

    private static async Task<int> Main(string[] args)
    {
        RunOptions options;
        try
        {
            options = RunOptions.Parse(args);
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message}{Environment.NewLine}--help lists the options.");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        try
        {
            if (options.Help)
            {
                Console.WriteLine(RunOptions.Usage);
                return 0;
            }

            if (options.Coverage)
                return CoverageCommand.Run(Folders.Root, options.Report ?? Folders.Page, Console.Out);

            if (options.Model)
                return ModelCommand.Run(Folders.Root, Console.Out);

            // Also when it is ended from outside, a server of ours and its files must not be left behind.
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
            return await RunAsync(options, stop.Token);

            void Stop(PosixSignalContext context)
            {
                context.Cancel = true;
                stop.Cancel();
            }
        }
        catch (Exception e) when (e is FormatException or PlaySyntaxException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
        catch (Exception e) when (e is PlayFailedException or InvalidOperationException or IOException or SocketException or AuthenticationException)
        {
            await Console.Error.WriteLineAsync($"The suite could not begin: {e.Message}");
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("interrupted");
            return 130;
        }
        catch (OperationCanceledException e)
        {
            await Console.Error.WriteLineAsync($"The run broke off by a fault of its own: {e}");
            return 1;
        }
    }

    private static async Task<int> RunAsync(RunOptions options, CancellationToken cancel)
    {
        var all = Repertoire.Read(Folders.Conformance);
        Checklist.Check(Checklist.Read(Folders.Conformance), all);
        var plays = all.Where(options.Wants).ToArray();
        if (plays.Length == 0)
            throw new FormatException($"no play has {string.Join(" or ", options.Only.Select(static text => $"'{text}'"))} in its name");
        if (options.List)
        {
            Console.WriteLine(Report.Listing(plays));
            return 0;
        }

        var profileName = options.Profile ?? (options.Host is null ? OwnServer.Profile : null);
        var profile = profileName is null ? Profile.None : Profile.Read(Folders.Profiles, profileName);
        profile.Check(all);

        var domain = options.Domain ?? options.Host ?? OwnServer.Domain;
        if (options.Mutate)
        {
            await using var mutation = new MutationCommand(options, plays, profile, domain);
            return await mutation.RunAsync(Console.Out, cancel);
        }

        var casting = options.AccountsFile is null ? Casting.Invent(plays, domain) : Casting.FromPool(plays, domain, AccountsFile.Read(options.AccountsFile, domain));
        if (options.Host is not null)
        {
            var venue = new Venue(options.Host, options.Port, options.DirectPort, domain, options.Tls, options.Insecure, options.Timeout, options.ServerPort);
            await Preflight.CheckAsync(venue, cancel);
            if (options.Register)
                await AccountMaker.RegisterAsync(casting.Accounts, venue, cancel);
            else if (options.AccountCommand is not null)
                await AccountMaker.RunAsync(casting.Accounts, options.AccountCommand, cancel);
            return await PerformAsync(options, profile, plays, casting, venue, $"{domain} at {options.Host}:{options.Port}", cancel);
        }

        await using var server = new OwnServer(options.Tls);
        await server.StartAsync(casting.Accounts, cancel);
        var own = new Venue("127.0.0.1", server.Port, server.DirectPort, domain, options.Tls, Insecure: true, options.Timeout, server.ServerPort);
        var code = await PerformAsync(options, profile, plays, casting, own, "PresenceXml", cancel);
        if (code != 0)
        {
            await Console.Error.WriteLineAsync(plays.Length > FewPlays
                ? "Run the failed ones with --only to see the server's log."
                : "The server's log:" + Environment.NewLine + server.Log);
        }

        return code;
    }

    private static async Task<int> PerformAsync(
        RunOptions options, Profile profile, Play[] plays, Casting casting, Venue venue, string server, CancellationToken cancel)
    {
        var offer = await Preflight.ScoutAsync(venue, casting.Scout, cancel);
        var done = 0;
        var suite = new Suite(venue, casting, profile, offer);
        var results = await suite.RunAsync(plays, options.Parallel, result => Console.WriteLine(Report.Line(result, Interlocked.Increment(ref done), plays.Length)), cancel);
        if (options.Report is not null)
            await File.WriteAllTextAsync(options.Report, Report.Markdown(results, server), cancel);
        if (options.Results is not null)
            await File.WriteAllTextAsync(options.Results, ResultsFile.Of(results, offer.Software ?? server).ToString(), cancel);
        if (Report.Remarkable(results) is { } remarkable)
            Console.WriteLine(remarkable);
        Console.WriteLine(Report.Summary(results));
        if (results.All(static result => result.Outcome == Outcome.Skipped))
        {
            Console.WriteLine("Nothing was performed: the server offers none of what these plays need.");
            return 1;
        }

        return results.Any(static result => result.Outcome == Outcome.Failed) ? 1 : 0;
    }
}
