using System.Collections.Frozen;
using System.Net;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>The names of hosts(5).</summary>
internal sealed class HostsFile
{
    public const string SystemPath = "/etc/hosts";

    private readonly FrozenDictionary<string, IReadOnlyList<IPAddress>> names;

    private HostsFile(FrozenDictionary<string, IReadOnlyList<IPAddress>> names) => this.names = names;

    /// <summary>The addresses of a name, IPv4 and IPv6 in the order of the file; empty when it is not there.</summary>
    public IReadOnlyList<IPAddress> Find(DnsName name) => names.GetValueOrDefault(name.Text, []);

    /// <summary>Reads the file's text; lines that are none are passed over.</summary>
    public static HostsFile Parse(string text)
    {
        var found = new Dictionary<string, List<IPAddress>>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split('#')[0].Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IPAddress.TryParse(words[0], out IPAddress? address)) continue;
            foreach (string word in words.AsSpan(1))
            {
                if (!DnsName.TryParse(word, out DnsName? name)) continue;
                if (!found.TryGetValue(name.Text, out List<IPAddress>? addresses)) found[name.Text] = addresses = [];
                if (!addresses.Contains(address)) addresses.Add(address);
            }
        }
        return new HostsFile(found.ToFrozenDictionary(static pair => pair.Key, static pair => (IReadOnlyList<IPAddress>)pair.Value, StringComparer.Ordinal));
    }
}
