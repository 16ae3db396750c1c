using System.Globalization;
using System.Net;
using PresenceXml.Cable.Sabotages;

namespace PresenceXml.Cable.Run;

/// <summary>What was asked for on the command line.</summary>
internal sealed record CableOptions
{
    public const string Usage = """
        Cuts, stalls, half-closes and delays lines between clients and a server, and kills the server, while messages flow; then looks for
        messages that are lost, doubled or out of order. Ends with 0, or with 1 and the story of what was found.

          --mode short|full     short (default): 1,200 faults and 20 kills, for CI; full: 10,000 faults and 100 kills
          --faults N --kills N  other numbers; 0 leaves that act out
          --minutes N           rounds of both acts, each with a seed of its own, until so many minutes are over
          --seed N              replays the schedule of a run that printed this seed
          --sets N              sets of 12 accounts with 18 devices in the act of the faults (default 5); the act of the kills takes less
          --server S            own (default), prosody, or HOST:PORT of one that runs already (no kills; --domain D, --hibernation SECONDS)
          --list-accounts       prints the accounts that a server that runs already has to have, as CSV with their password
          --build FILE          own: presencexml.dll; else the newest build of the tree
          --folder DIR          keeps the server's configuration, data and log there
          --traces DIR          writes what each device sent and received to a file there
          --report FILE         writes the report there too
          --sabotage NAME       the test does one thing that it then has to find: drop, drop-sent, double, swap, swap-sent, rename, alter, ack
          --self-check          each of these once; ends with 0 when every one is found

        """;

    public int Faults { get; init; } = 1200;
    public int Kills { get; init; } = 20;
    public double Minutes { get; init; }
    public int? Seed { get; init; }
    public int Sets { get; init; } = 5;
    public string Server { get; init; } = "own";
    public string Domain { get; init; } = "localhost";
    public int Hibernation { get; init; } = 10;
    public bool ListsAccounts { get; init; }
    public string? Build { get; init; }
    public string? Folder { get; init; }
    public string? Traces { get; init; }
    public string? Report { get; init; }
    public Sabotage? Sabotage { get; init; }
    public bool ChecksItself { get; init; }
    public bool IsHelp { get; init; }

    /// <exception cref="FormatException">It cannot be understood.</exception>
    public static CableOptions Parse(string[] arguments)
    {
        var options = new CableOptions();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            options = name switch
            {
                "--mode" => Value() switch
                {
                    "short" => options with { Faults = 1200, Kills = 20 },
                    "full" => options with { Faults = 10_000, Kills = 100 },
                    string other => throw new FormatException($"--mode: short or full, not {other}"),
                },
                "--faults" => options with { Faults = Number() },
                "--kills" => options with { Kills = Number() },
                "--minutes" => options with { Minutes = Number() },
                "--seed" => options with { Seed = Number() },
                "--sets" => options with { Sets = Number() },
                "--server" => options with { Server = Value() },
                "--domain" => options with { Domain = Value() },
                "--hibernation" => options with { Hibernation = Number() },
                "--list-accounts" => options with { ListsAccounts = true },
                "--build" => options with { Build = Path.GetFullPath(Value()) },
                "--folder" => options with { Folder = Path.GetFullPath(Value()) },
                "--traces" => options with { Traces = Path.GetFullPath(Value()) },
                "--report" => options with { Report = Path.GetFullPath(Value()) },
                "--sabotage" => options with { Sabotage = Named(Value()) },
                "--self-check" => options with { ChecksItself = true },
                "--help" => options with { IsHelp = true },
                _ => throw new FormatException($"unknown option {name}"),
            };

            string Value() => ++i < arguments.Length ? arguments[i] : throw new FormatException($"{name} needs a value");
            int Number() => int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw new FormatException($"{name} needs a number");
        }
        if (options.Server is not ("own" or "prosody") && !IPEndPoint.TryParse(options.Server, out _))
            throw new FormatException("--server: own, prosody, or an address with a port");
        if (options.Sets == 0)
            throw new FormatException("--sets: at least 1");
        return options;
    }

    private static Sabotage Named(string name) =>
        Sabotage.All.FirstOrDefault(sabotage => sabotage.Name == name)
        ?? throw new FormatException($"--sabotage: one of {string.Join(", ", Sabotage.All.Select(static sabotage => sabotage.Name))}");
}
