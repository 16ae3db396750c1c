using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>limits: what one peer may use up. 0 switches a limit off.</summary>
public sealed class LimitOptions : IValidatableObject
{
    /// <summary>RFC 6120 §13.12: a limit on the size of stanzas is not smaller than this.</summary>
    private const int SmallestStanzaLimit = 10000;

    [Option("One stanza of an authenticated client.", Unit = "bytes", DefaultFrom = "what other servers allow; holds an avatar")]
    [Range(0, int.MaxValue)]
    public int StanzaBytes { get; set; } = 262144;

    [Option("One element before authentication.", Unit = "bytes", DefaultFrom = "above the 10000 of RFC 6120 §13.12; a SASL response with a certificate fits")]
    [Range(0, int.MaxValue)]
    public int PreAuthStanzaBytes { get; set; } = 16384;

    [Option("Elements inside each other.", Unit = "levels", DefaultFrom = "deeper than any extension goes")]
    [Range(0, int.MaxValue)]
    public int Depth { get; set; } = 64;

    [Option("Attributes of one element.", Unit = "attributes", DefaultFrom = "more than any extension has")]
    [Range(0, int.MaxValue)]
    public int Attributes { get; set; } = 128;

    [Option("Connections at a time from one address (IPv6: one /64).", Unit = "connections", DefaultFrom = "an office behind one address; RFC 6120 §13.12 asks for a limit")]
    [Range(0, int.MaxValue)]
    public int ConnectionsPerAddress { get; set; } = 100;

    [Option("Failed logins in a minute from one address before it is refused for a while.", Unit = "failures", DefaultFrom = "RFC 6120 §13.12 asks for a limit; a person retries less")]
    [Range(0, int.MaxValue)]
    public int AuthFailuresPerMinute { get; set; } = 10;

    [Option("Resources bound at a time by one account.", Unit = "resources", DefaultFrom = "more devices than a person has")]
    [Range(0, int.MaxValue)]
    public int ResourcesPerAccount { get; set; } = 16;

    [Option("Waiting to be written to one client.", Unit = "bytes", DefaultFrom = "the presence of some thousand contacts")]
    [Range(0, int.MaxValue)]
    public int OutboxBytes { get; set; } = 1048576;

    [Option("Contacts in one roster.", Unit = "contacts", DefaultFrom = "RFC 6121 §2.3.3 allows a limit; some ten times a large roster")]
    [Range(0, int.MaxValue)]
    public int RosterItems { get; set; } = 5000;

    [Option("Subscription requests that wait for an answer of one account.", Unit = "requests", DefaultFrom = "RFC 6121 §3.1.3 asks for a limit against flooding")]
    [Range(0, int.MaxValue)]
    public int PendingRequests { get; set; } = 1000;

    [Option("From connecting to having authenticated.", Unit = "seconds", DefaultFrom = "time to type a password; RFC 6120 §4.6 leaves it open")]
    [Range(0, int.MaxValue)]
    public int PreAuthSeconds { get; set; } = 60;

    [Option("Silence of a client after which it is asked for a sign of life.", Unit = "seconds", DefaultFrom = "shorter than most NAT devices remember a connection; RFC 6120 §4.6.4")]
    [Range(0, int.MaxValue)]
    public int IdleSeconds { get; set; } = 300;

    [Option("Silence of a client after a message was written to it, after which it is asked for a sign of life; with stream management it acknowledges instead.", Unit = "seconds", DefaultFrom = "time for a person to begin an answer; what is written to a dead line is lost without stream management")]
    [Range(0, int.MaxValue)]
    public int UnheardSeconds { get; set; } = 15;

    [Option("Time without progress in writing after which a connection is given up.", Unit = "seconds", DefaultFrom = "longer than a phone is in a tunnel")]
    [Range(0, int.MaxValue)]
    public int StalledSeconds { get; set; } = 120;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StanzaBytes is > 0 and < SmallestStanzaLimit) yield return new ValidationResult($"expected 0 or at least {SmallestStanzaLimit} (RFC 6120 §13.12), not {StanzaBytes}", [nameof(StanzaBytes)]);
    }
}
