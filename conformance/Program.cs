using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        try
        {
            var options = RunOptions.Parse(args);
            if (options.Help)
            {
                Console.WriteLine(RunOptions.Usage);
                return 0;
            }

            if (options.Coverage)
                return CoverageCommand.Run(Console.Out);

            using var stop = new CancellationTokenSource();
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
            {
                context.Cancel = true;
                stop.Cancel();
            });
            return await RunAsync(options, stop.Token);
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            await Console.Error.WriteLineAsync(RunOptions.Usage);
            return 2;
        }
        catch (PlaySyntaxException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
        catch (Exception e) when (e is PlayFailedException or InvalidOperationException or IOException or SocketException or AuthenticationException)
        {
            await Console.Error.WriteLineAsync($"The suite could not begin: {e.Message}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("interrupted");
            return 1;
        }
    }

    private static async Task<int> RunAsync(RunOptions options, CancellationToken cancel)
    {
        var all = Repertoire.Read(Folders.Conformance);
        var profile = options.Profile is null ? Profile.None : Profile.Read(Folders.Profiles, options.Profile);
        profile.Check(all);
        var plays = all
            .Where(play => options.Only.Count == 0 || options.Only.Exists(prefix => play.Name.StartsWith(prefix, StringComparison.Ordinal)))
            .ToArray();
        if (plays.Length == 0)
            throw new FormatException("no play has such a name");

        var domain = options.Domain ?? options.Host ?? OwnServer.Domain;
        var casting = options.AccountsFile is null ? Casting.Invent(plays, domain) : Casting.FromFile(plays, domain, options.AccountsFile);
        if (options.Host is not null)
        {
            var venue = new Venue(options.Host, options.Port, options.DirectPort, domain, options.Tls, options.Insecure, options.Timeout);
            if (options.Register)
                await AccountMaker.RegisterAsync(casting.Accounts, venue, cancel);
            else if (options.AccountCommand is not null)
                await AccountMaker.RunAsync(casting.Accounts, options.AccountCommand, cancel);
            return await PerformAsync(options, profile, plays, casting, venue, $"{domain} at {options.Host}:{options.Port}", cancel);
        }

        await using var server = new OwnServer(options.Tls);
        await server.StartAsync(casting.Accounts, cancel);
        var own = new Venue("127.0.0.1", server.Port, server.DirectPort, domain, options.Tls, Insecure: true, options.Timeout);
        var code = await PerformAsync(options, profile, plays, casting, own, "PresenceXml", cancel);
        if (code != 0)
            await Console.Error.WriteLineAsync("The server's log:" + Environment.NewLine + server.Log);
        return code;
    }

    private static async Task<int> PerformAsync(
        RunOptions options, Profile profile, Play[] plays, Casting casting, Venue venue, string server, CancellationToken cancel)
    {
        var offer = await Offer.ScoutAsync(venue, casting.Scout, cancel);
        var suite = new Suite(venue, casting, profile, offer);
        var results = await suite.RunAsync(plays, options.Parallel, static result => Console.WriteLine(Report.Line(result)), cancel);
        if (options.Report is not null)
            await File.WriteAllTextAsync(options.Report, Report.Markdown(results, server), cancel);
        Console.WriteLine(Report.Summary(results));
        return results.Any(static result => result.Outcome == Outcome.Failed) ? 1 : 0;
    }
}
