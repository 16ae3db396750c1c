using System.Globalization;
using System.Net;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>Which nameservers are asked and how: what is said in resolv.conf(5), as far as it concerns whole domain names.</summary>
internal sealed record ResolvConf
{
    public const string SystemPath = "/etc/resolv.conf";

    /// <summary>More servers than glibc looks at; with each the time for one gets shorter.</summary>
    private const int MaxServers = 5;

    private const int Port = 53;

    /// <summary>In the order to be asked; never empty. Without any it is the own machine, as everywhere.</summary>
    public IReadOnlyList<IPEndPoint> Servers { get; init; } = [new IPEndPoint(IPAddress.Loopback, Port)];

    /// <summary>The longest time for one try.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often each server is tried.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Begins with the next server each time.</summary>
    public bool Rotates { get; init; }

    /// <summary>Asks over TCP alone.</summary>
    public bool UsesTcp { get; init; }

    /// <summary>Reads the file's text. What is not understood is passed over, as the system's own resolver does.</summary>
    public static ResolvConf Parse(string text)
    {
        var conf = new ResolvConf();
        var servers = new List<IPEndPoint>();
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            // Comments need no look: no keyword begins like one.
            if (words is ["nameserver", var server, ..] && IPAddress.TryParse(server, out IPAddress? address)) servers.Add(new IPEndPoint(address, Port));
            else if (words is ["options", .. var options]) conf = options.Aggregate(conf, static (conf, option) => conf.With(option));
        }
        return servers.Count == 0 ? conf : conf with { Servers = [.. servers.Distinct().Take(MaxServers)] };
    }

    // The bounds are those of resolv.conf(5).
    private ResolvConf With(string option) => option.Split(':') switch
    {
        ["timeout", var text] when TryNumber(text, out int seconds) => this with { Timeout = TimeSpan.FromSeconds(Math.Clamp(seconds, 1, 30)) },
        ["attempts", var text] when TryNumber(text, out int attempts) => this with { Attempts = Math.Clamp(attempts, 1, 5) },
        ["rotate"] => this with { Rotates = true },
        ["use-vc"] => this with { UsesTcp = true },
        _ => this,
    };

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
