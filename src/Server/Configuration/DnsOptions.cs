using System.ComponentModel.DataAnnotations;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Configuration;

/// <summary>dns: how other servers are found.</summary>
public sealed class DnsOptions : IValidatableObject
{
    [Option("Nameservers to ask, each an address with or without a port: \"127.0.0.1:5353\", \"[::1]:53\", \"192.0.2.53\".", DefaultFrom = "those of /etc/resolv.conf, which is read again when it changes")]
    public IReadOnlyList<string> Servers { get; set; } = [];

    [Option("How long is looked for an answer to one question, all tries at all nameservers together; one try takes half of it at most.", Unit = "seconds", DefaultFrom = "two of the five seconds that resolv.conf(5) gives a try")]
    [Range(1, 120)]
    public int TimeoutSeconds { get; set; } = 10;

    [Option("Questions under way at a time; when there are more, the oldest that has waited half a second gives way.", Unit = "questions", DefaultFrom = "four for each of 250 domains; each costs a socket and some kilobytes")]
    [Range(1, 30000)]
    public int Questions { get; set; } = 1000;

    [Option("Records that are remembered as long as they are valid; beyond that those not used for the longest time are forgotten. 0: nothing is.", Unit = "records", DefaultFrom = "some 2000 domains; a record takes a few hundred bytes")]
    [Range(0, 10_000_000)]
    public int CacheRecords { get; set; } = 10000;

    [Option("Domains that are not looked up but are where this table says: name → { targets: [ \"host:port\", \"tls:host:port\", … ] }, tried in this order. tls: is TLS from the first byte; IPv6 in brackets; without a port 5269, with tls: 5270.")]
    public IReadOnlyDictionary<string, DnsOverrideOptions> Overrides { get; set; } = new Dictionary<string, DnsOverrideOptions>();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (string server in Servers)
        {
            if (!NameserverAddress.TryParse(server, out _))
                yield return new ValidationResult($"expected {NameserverAddress.Expected}, not \"{server}\"", [nameof(Servers)]);
        }
        var prepared = new HashSet<string>(StringComparer.Ordinal);
        foreach (string domain in Overrides.Keys)
        {
            if (!JidPreparation.TryDomain(domain, out string? canonical)) yield return new ValidationResult($"\"{domain}\" is no domain name", [nameof(Overrides)]);
            else if (!prepared.Add(canonical)) yield return new ValidationResult($"\"{domain}\" stands here twice", [nameof(Overrides)]);
        }
    }
}
