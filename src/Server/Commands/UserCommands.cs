using System.CommandLine;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Presence;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary><c>user add | passwd | delete | list | services | import</c>.</summary>
internal sealed class UserCommands(CommandHost host, CommandConsole console, Option<string?> config)
{
    private const int PageSize = 1000;

    private readonly Option<string?> password = new("--password") { Description = "The password. Other users of this machine can see it in the list of processes; prefer --password-stdin.", HelpName = "PASSWORD" };
    private readonly Option<bool> passwordStdin = new("--password-stdin") { Description = "Read the password from the first line of standard input." };
    private readonly Option<bool> create = new("--create") { Description = "Make a store in the data directory if there is none." };

    public Command Build()
    {
        var user = new Command("user", "Manage accounts, while the server runs or not.");
        user.Add(Add());
        user.Add(Passwd());
        user.Add(Delete());
        user.Add(List());
        user.Add(Services());
        user.Add(Import());
        return user;
    }

    private Command Add()
    {
        Argument<string> address = AccountArgument.Make();
        var command = new Command("add", "Add an account. Without a password: asks for one on a terminal, else makes one up and prints it.") { address, password, passwordStdin, create };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            Jid jid = AccountArgument.Parse(result.GetValue(address)!, options);
            await using AdministrationSession session = await AdministrationSession.OpenAsync(host, options, result.GetValue(create), cancel);
            (string prepared, string? madeUp) = Password(result, jid);
            var account = new Account(jid, default) { Keys = Keys(prepared, options) };
            if ((await session.Administration.AddAsync([account], cancel)).Count > 0) throw new CommandRefusedException($"{jid} exists already; \"user passwd {jid}\" sets another password");
            Done($"{jid} added.", madeUp);
        });
        return command;
    }

    private Command Passwd()
    {
        Argument<string> address = AccountArgument.Make();
        var command = new Command("passwd", "Set another password. Without one: asks for it on a terminal, else makes one up and prints it.") { address, password, passwordStdin };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            Jid jid = AccountArgument.Parse(result.GetValue(address)!, options);
            await using AdministrationSession session = await AdministrationSession.OpenAsync(host, options, create: false, cancel);
            (string prepared, string? madeUp) = Password(result, jid);
            if (!await session.Administration.SetKeysAsync(jid, Keys(prepared, options), cancel)) throw AccountArgument.NoAccount(jid);
            Done($"Password of {jid} set.", madeUp);
        });
        return command;
    }

    private Command Delete()
    {
        Argument<string> address = AccountArgument.Make();
        var command = new Command("delete", "Delete an account and everything of it: messages, contacts, keys, and what other accounts keep of it.") { address };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            // Also of a domain that is not served any more: its accounts are still to be got rid of.
            Jid jid = AccountArgument.Parse(result.GetValue(address)!, served: null);
            await using AdministrationSession session = await AdministrationSession.OpenAsync(host, options, create: false, cancel);
            if (!await session.Administration.DeleteAsync(jid, cancel)) throw AccountArgument.NoAccount(jid);
            Done($"{jid} deleted.", madeUp: null);
        });
        return command;
    }

    private Command List()
    {
        var domain = new Argument<string?>("DOMAIN") { Description = "Only accounts of this domain; otherwise of every domain served.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("list", "Print the accounts, one a line.") { domain };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            IReadOnlyList<string> domains = options.Domains;
            if (result.GetValue(domain) is { } named)
                domains = JidPreparation.TryDomain(named, out string? prepared) ? [prepared] : throw new CommandRefusedException($"\"{named}\" is no domain name");
            await using AdministrationSession session = await AdministrationSession.OpenAsync(host, options, create: false, cancel);
            foreach (string one in domains)
            {
                for (Jid? last = null; ;)
                {
                    IReadOnlyList<Jid> page = await session.Administration.ListAsync(one, last, PageSize, cancel);
                    foreach (Jid jid in page) await console.Out.WriteLineAsync(jid.ToString());
                    if (page.Count < PageSize) break;
                    last = page[^1];
                }
            }
        });
        return command;
    }

    private Command Services()
    {
        Argument<string> address = AccountArgument.Make();
        Option<string?> presence = Switch("--presence", "on, or off: nobody sees the account, and it sees nobody."), messages = Switch("--messages", "on, or off: the account sends and takes no messages.");
        var command = new Command("services", "Print which services an account has, or switch them: presence without messages, or messages without presence.") { address, presence, messages };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            Jid jid = AccountArgument.Parse(result.GetValue(address)!, options);
            await using AdministrationSession session = await AdministrationSession.OpenAsync(host, options, create: false, cancel);
            ServicesOff off = await session.Administration.FindServicesAsync(jid, cancel) ?? throw AccountArgument.NoAccount(jid);
            ServicesOff wanted = Switched(Switched(off, ServicesOff.Presence, result.GetValue(presence)), ServicesOff.Messages, result.GetValue(messages));
            if (wanted != off && !await session.Administration.SetServicesAsync(jid, wanted, cancel)) throw AccountArgument.NoAccount(jid);
            await console.Out.WriteLineAsync($"{jid}: presence {Word(ServicesOff.Presence)}, messages {Word(ServicesOff.Messages)}.");

            string Word(ServicesOff service) => wanted.HasFlag(service) ? "off" : "on";
        });
        return command;
    }

    private static Option<string?> Switch(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "on|off" };
        option.AcceptOnlyFromAmong("on", "off");
        return option;
    }

    private static ServicesOff Switched(ServicesOff off, ServicesOff service, string? word) => word switch
    {
        null => off,
        "on" => off & ~service,
        _ => off | service,
    };

    private Command Import()
    {
        var file = new Argument<string>("FILE.csv") { Description = "Lines of jid,password or jid,,SCRAM-SHA-1:iterations:salt:storedKey:serverKey;… (base64); a first line of headings may stand above." };
        var iterations = new Option<int?>("--iterations") { Description = "PBKDF2 rounds of the passwords in the file instead of auth.scramIterations; deriving is what an import of passwords waits for.", HelpName = "N" };
        var command = new Command("import", "Add many accounts. Those that exist are left alone; nothing is added of a file with an error in it.") { file, iterations, create };
        command.SetAction(async (result, cancel) =>
        {
            ServerOptions options = host.Load(result.GetValue(config)).Options;
            int rounds = result.GetValue(iterations) ?? options.Auth.ScramIterations;
            if (rounds < ScramKeys.MinimumIterations) throw new CommandRefusedException($"--iterations: expected {ScramKeys.MinimumIterations} or more (RFC 7677 §4), not {rounds}");
            string path = host.FullPath(result.GetValue(file)!);
            IReadOnlyList<ImportedAccount> read = Read(path);
            foreach (ImportedAccount account in read) AccountArgument.RequireServed(account.Jid, options);
            await using AdministrationSession session = await AdministrationSession.OpenAsync(host, options, result.GetValue(create), cancel);
            IReadOnlyList<Jid> existing = await session.Administration.AddAsync(Derive(read, options.Auth.Hashes, rounds, cancel), cancel);
            Done($"{read.Count - existing.Count} accounts added, {existing.Count} existed already and were left alone.", madeUp: null);
        });
        return command;
    }

    /// <summary>Deriving is what costs: some milliseconds of one processor per hash and account.</summary>
    private static Account[] Derive(IReadOnlyList<ImportedAccount> read, IReadOnlyList<ScramHash> hashes, int iterations, CancellationToken cancel)
    {
        var accounts = new Account[read.Count];
        Parallel.For(0, read.Count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount }, index =>
        {
            ImportedAccount from = read[index];
            accounts[index] = new Account(from.Jid, default) { Keys = from.Password is null ? from.Keys : Passwords.Derive(from.Password, hashes, iterations) };
        });
        return accounts;
    }

    private static IReadOnlyList<ImportedAccount> Read(string path)
    {
        try
        {
            using StreamReader text = File.OpenText(path);
            return AccountCsv.Read(text, Path.GetFileName(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandRefusedException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static IReadOnlyList<ScramKeys> Keys(string prepared, ServerOptions options) => Passwords.Derive(prepared, options.Auth.Hashes, options.Auth.ScramIterations);

    /// <summary>The password by option, standard input, terminal or invention, in this order.</summary>
    private (string Prepared, string? MadeUp) Password(ParseResult result, Jid account)
    {
        string? madeUp = null;
        string chosen;
        if (result.GetValue(password) is { } given) chosen = given;
        else if (result.GetValue(passwordStdin)) chosen = console.In.ReadLine() ?? "";
        else if (console.AskSecret is { } ask)
        {
            chosen = ask($"Password for {account}: ");
            if (ask("The same again: ") != chosen) throw new CommandRefusedException("the two passwords differ");
        }
        else chosen = madeUp = Passwords.MakeUp();
        return Passwords.Check(chosen, account, out string prepared) is { } problem ? throw new CommandRefusedException(problem) : (prepared, madeUp);
    }

    private void Done(string line, string? madeUp)
    {
        console.Out.WriteLine(line);
        if (madeUp is not null) console.Out.WriteLine($"Password: {madeUp}");
    }
}
