using System.Diagnostics;
using PresenceXml.Protocol;

namespace PresenceXml.Conformance.Runner;

/// <summary>Makes the accounts of a run on a server that is not ours.</summary>
internal static class AccountMaker
{
    private const string RegisterNs = "jabber:iq:register";

    /// <summary>XEP-0077 §3.1, one connection per account.</summary>
    public static Task RegisterAsync(IReadOnlyList<Account> accounts, Venue venue, CancellationToken cancel) => Parallel.ForEachAsync(
        accounts,
        new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancel },
        async (account, token) =>
        {
            await using var actor = new Actor(
                new("Scout", account.Local, null, null, true), account, venue, new(new(static _ => null)));
            await actor.OpenConnectionAsync(venue.Tls == TlsMode.Direct, token);
            if (venue.Tls == TlsMode.StartTls)
                await Login.SecureAsync(actor, token);
            await actor.OpenStreamAsync(token);
            await actor.SendAsync(
                $"<iq type='set' id='register'><query xmlns='{RegisterNs}'><username>{account.Local}</username><password>{account.Password}</password></query></iq>",
                token);
            var answer = await actor.ReceiveStanzaAsync("the result of a registration");
            if (answer["type"] != "result" || !answer.Name.Equals(new(Namespaces.Client, "iq")))
                throw actor.Unexpected($"the result of the registration of {account.Bare}");
        });

    /// <summary>Runs a command for each account, through the shell.</summary>
    public static Task RunAsync(IReadOnlyList<Account> accounts, string template, CancellationToken cancel) => Parallel.ForEachAsync(
        accounts,
        new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancel },
        async (account, token) =>
        {
            var command = template
                .Replace("{local}", account.Local, StringComparison.Ordinal)
                .Replace("{domain}", account.Domain, StringComparison.Ordinal)
                .Replace("{password}", account.Password, StringComparison.Ordinal);
            using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEndAsync(token);
            var errors = process.StandardError.ReadToEndAsync(token);
            await process.WaitForExitAsync(token);
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"'{command}' ended with {process.ExitCode}: {(await output + await errors).Trim()}".TrimEnd(' ', ':'));
        });
}
