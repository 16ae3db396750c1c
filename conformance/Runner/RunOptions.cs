using System.Globalization;

namespace PresenceXml.Conformance.Runner;

/// <summary>The command line.</summary>
public sealed class RunOptions
{
    public const string Usage = """
        Usage: dotnet run --project conformance -- [options]

        Without --host our own server is started on free ports with a temporary store, tested and stopped.

          --host H --port P --domain D   the server to test (default port 5222; the domain defaults to the host)
          --direct-port P                its port for direct TLS, when it has one
          --server-port P                its port for other servers; without it the plays with a [Server] are skipped
          --tls starttls|direct|none     how ordinary clients of the plays connect (default starttls)
          --insecure                     accept any certificate
          --accounts FILE                take accounts from a file of lines "jid password": fresh ones, several for each play
          --register                     make accounts by in-band registration (XEP-0077)
          --account-command TEMPLATE     make each account by a command with {local}, {domain}, {password}
          --only TEXT                    only plays whose name has TEXT in it, as 6121-3; may be given several times
          --list                         names, titles and needs of the plays, without performing them
          --profile NAME                 what profiles/NAME.txt lists counts as a known difference, not as a failure
          --report FILE                  write the results as Markdown
          --results FILE                 write the results of all plays for machines: play, outcome, reason or failing step
          --parallel N                   plays at a time (default 8)
          --timeout SECONDS              how long an expected answer may take (default 10)
          --mutate                       perform the plays on the server broken on purpose; 1 when too few of them find out
          --mutants N                    with --mutate: at most N mutants of each play, chosen by the seed (default all)
          --seed S                       with --mutate: another choice (default 1)
          --coverage                     write docs/conformance.md (or the FILE of --report) from checklist, plays, tests and committed results;
                                         1 when a rule has neither play, test nor reason, or results are not of the plays there are
          --model                        write docs/rfc2779.md and the tables of docs/model.md from rfc2779.tsv and rfc2778.tsv;
                                         1 when one of them is not complete or names a play, test, type or page that is not there
        """;

    public string? Host { get; private set; }
    public int Port { get; private set; } = 5222;
    public int? DirectPort { get; private set; }
    public int? ServerPort { get; private set; }
    public string? Domain { get; private set; }
    public TlsMode Tls { get; private set; }
    public bool Insecure { get; private set; }
    public string? AccountsFile { get; private set; }
    public bool Register { get; private set; }
    public string? AccountCommand { get; private set; }
    public List<string> Only { get; } = [];
    public string? Profile { get; private set; }
    public string? Report { get; private set; }
    public string? Results { get; private set; }
    public bool List { get; private set; }
    public int Parallel { get; private set; } = 8;
    public TimeSpan Timeout { get; private set; } = TimeSpan.FromSeconds(10);
    public bool Mutate { get; private set; }
    public int? Mutants { get; private set; }
    public int Seed { get; private set; } = 1;
    public bool Coverage { get; private set; }
    public bool Model { get; private set; }
    public bool Help { get; private set; }

    /// <summary>Whether a play is among those asked for.</summary>
    public bool Wants(Play play) => Only.Count == 0 || Only.Exists(text => play.Name.Contains(text, StringComparison.OrdinalIgnoreCase));

    /// <exception cref="FormatException">The arguments cannot be understood.</exception>
    public static RunOptions Parse(string[] args)
    {
        var options = new RunOptions();
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i];
            switch (name)
            {
                case "--host": options.Host = Value(); break;
                case "--port": options.Port = Number(); break;
                case "--direct-port": options.DirectPort = Number(); break;
                case "--server-port": options.ServerPort = Number(); break;
                case "--domain": options.Domain = Value(); break;
                case "--tls":
                    options.Tls = Enum.TryParse<TlsMode>(Value(), ignoreCase: true, out var mode)
                        ? mode
                        : throw new FormatException("--tls is starttls, direct or none");
                    break;
                case "--insecure": options.Insecure = true; break;
                case "--accounts": options.AccountsFile = Value(); break;
                case "--register": options.Register = true; break;
                case "--account-command": options.AccountCommand = Value(); break;
                case "--only": options.Only.Add(Value()); break;
                case "--profile": options.Profile = Value(); break;
                case "--report": options.Report = Value(); break;
                case "--results": options.Results = Value(); break;
                case "--list": options.List = true; break;
                case "--parallel": options.Parallel = Number(); break;
                case "--timeout": options.Timeout = TimeSpan.FromSeconds(Number()); break;
                case "--mutate": options.Mutate = true; break;
                case "--mutants": options.Mutants = Number(); break;
                case "--seed": options.Seed = Number(); break;
                case "--coverage": options.Coverage = true; break;
                case "--model": options.Model = true; break;
                case "--help" or "-h": options.Help = true; break;
                default: throw new FormatException($"no such option: {name}");
            }

            string Value() => ++i < args.Length ? args[i] : throw new FormatException($"{name} needs a value");

            int Number() => int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw new FormatException($"{name} needs a number above 0");
        }

        var ways = new[] { options.AccountsFile is not null, options.Register, options.AccountCommand is not null }.Count(static given => given);
        if (options.Help || options.Coverage || options.Model || options.List)
            return options;
        if (options.Results is not null && options.Only.Count > 0)
            throw new FormatException("--results is about all plays: leave out --only");
        if (options.Host is not null && ways != 1)
            throw new FormatException("say how accounts are made: one of --accounts, --register, --account-command");
        if (options.Host is null && (ways > 0 || options.Domain is not null || options.DirectPort is not null || options.ServerPort is not null || args.Contains("--port")))
            throw new FormatException("ports, --domain, --accounts, --register and --account-command go with --host");
        if (!options.Mutate && (options.Mutants is not null || args.Contains("--seed")))
            throw new FormatException("--mutants and --seed go with --mutate");
        return options;
    }
}
