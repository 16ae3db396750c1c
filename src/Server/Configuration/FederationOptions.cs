using System.ComponentModel.DataAnnotations;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Configuration;

/// <summary>federation: links to other servers.</summary>
public sealed class FederationOptions : IValidatableObject
{
    /// <summary>The words of <see cref="Default"/> and <see cref="Domains"/>, the weakest proof last.</summary>
    public static readonly IReadOnlyList<string> Policies = ["deny", "certificate", "dialback"];

    internal static string Words => string.Join(", ", Policies.Select(static policy => $"\"{policy}\""));

    [Option("Speak with other servers. false: nothing is sent to them, and none is let in.")]
    public bool Enabled { get; set; } = true;

    [Option("What a domain has to prove itself by. \"certificate\": a valid certificate. \"dialback\": that, or that its server, found by the DNS, confirms it (XEP-0220); weaker, but many have no valid certificate. \"deny\": nothing will do.", DefaultFrom = "what most servers ask; both over TLS only")]
    public string Default { get; set; } = "dialback";

    [Option("The same for single domains: name → { policy: \"certificate\", \"dialback\" or \"deny\" }. \"*.example.org\" is all below example.org; the longest name that fits counts.")]
    public IReadOnlyDictionary<string, DomainPolicyOptions> Domains { get; set; } = new Dictionary<string, DomainPolicyOptions>();

    [Option("PEM file with further authorities that may vouch for other servers, beside those of the system.", IsPath = true)]
    public string? TrustedCertificates { get; set; }

    [Option("Connect to other servers at private addresses too: of this machine and its networks (127.0.0.1, 10.*, 192.168.*, fe80::, …). false: nobody's DNS leads us there, only dns.overrides does.", DefaultFrom = "anybody on the internet can make a server connect to where his DNS points; true in a network of your own, where the DNS is yours")]
    public bool AllowPrivateAddresses { get; set; }

    [Option("Links at a time: one for each of our domains with each of theirs.", Unit = "links", DefaultFrom = "the busiest public servers have some thousand")]
    [Range(1, 1_000_000)]
    public int Links { get; set; } = 10_000;

    [Option("Links to domains that were not reached before which may be opened at a time. When there are more, the one that has tried longest gives way once it has tried for a second and is not even connected.", Unit = "links", DefaultFrom = "each costs a few sockets for as long as a dead server does not answer")]
    [Range(1, 100_000)]
    public int Opening { get; set; } = 500;

    [Option("How long may be tried to open a link: names, TCP, TLS and proof together.", Unit = "seconds", DefaultFrom = "several addresses of ten seconds each; people wait no longer")]
    [Range(1, 600)]
    public int OpenSeconds { get; set; } = 40;

    [Option("Stanzas that may wait for one link, and as many that may be on their way without confirmation.", Unit = "stanzas", DefaultFrom = "after a start, the presence of some thousand users for one large domain")]
    [Range(1, 1_000_000)]
    public int QueueStanzas { get; set; } = 50_000;

    [Option("The same in bytes.", Unit = "bytes", DefaultFrom = "what waits for one client")]
    [Range(1000, int.MaxValue)]
    public int QueueBytes { get; set; } = 1_048_576;

    [Option("What all links together may have to send, and to hear of that it arrived. Beyond that, as much again is divided among as many links as there may be, so that dead domains leave room for the others.", Unit = "bytes", DefaultFrom = "eight links with full queues")]
    [Range(1000, int.MaxValue)]
    public int TotalQueueBytes { get; set; } = 67_108_864;

    [Option("After so long without a stanza a link of ours is closed; the next stanza opens it again. 0: never.", Unit = "seconds", DefaultFrom = "longer than a conversation pauses")]
    [Range(0, int.MaxValue)]
    public int IdleSeconds { get; set; } = 600;

    [Option("The longest pause between two attempts to reach a domain that cannot be reached. The first is of up to 60 seconds, by chance.", Unit = "seconds", DefaultFrom = "RFC 6120 §3.3: growing, with a bound")]
    [Range(1, 86_400)]
    public int LongestPauseSeconds { get; set; } = 600;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Policies.Contains(Default)) yield return new ValidationResult($"expected one of {Words}, not \"{Default}\"", [nameof(Default)]);
        var prepared = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in Domains.Keys)
        {
            bool isWild = name.StartsWith("*.", StringComparison.Ordinal);
            if (!JidPreparation.TryDomain(isWild ? name[2..] : name, out string? domain)) yield return new ValidationResult($"\"{name}\" is no domain name", [nameof(Domains)]);
            else if (!prepared.Add(isWild ? "*." + domain : domain)) yield return new ValidationResult($"\"{name}\" stands here twice", [nameof(Domains)]);
        }
        if (TrustedCertificates is not null && !File.Exists(TrustedCertificates)) yield return new ValidationResult($"there is no file {TrustedCertificates}", [nameof(TrustedCertificates)]);
        if (TotalQueueBytes < QueueBytes) yield return new ValidationResult($"expected at least queueBytes, {QueueBytes}", [nameof(TotalQueueBytes)]);
    }
}
