using System.ComponentModel.DataAnnotations;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Configuration;

/// <summary>auth: how clients prove who they are.</summary>
public sealed class AuthOptions : IValidatableObject
{
    private const string Plain = "PLAIN";
    private static readonly string[] Known = [.. Enum.GetValues<ScramHash>().Reverse().Select(static hash => hash.ToMechanism()), Plain];

    [Option("SASL mechanisms in the order they are offered; the -PLUS variants follow from channelBinding. PLAIN is offered under TLS only.", DefaultFrom = "strongest first; RFC 6120 §13.8 and RFC 7677 ask for the SHA-1 and SHA-256 ones, some clients know PLAIN alone")]
    public IReadOnlyList<string> Mechanisms { get; set; } = ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"];

    [Option("PBKDF2 rounds of a newly set password.", Unit = "rounds", DefaultFrom = "more than the 4096 that RFC 7677 §4 asks for; a phone needs some 10 ms")]
    [Range(ScramKeys.MinimumIterations, 10_000_000)]
    public int ScramIterations { get; set; } = 10000;

    [Option("Offer the -PLUS variants (tls-server-end-point). Clients that can bind, but only in another way (slixmpp and poezio: tls-unique), then fall back to PLAIN.", DefaultFrom = "off: what lets every tried client in by SCRAM; with it RFC 5802 §6 has us refuse their fallback to plain SCRAM")]
    public bool ChannelBinding { get; set; }

    [Option("Tell clients of SASL2 (XEP-0388) a digest of what they were offered, so that they notice when somebody shortened the list (XEP-0474).", DefaultFrom = "on for these; clients of the older SASL are never told, since some of them stumbled over it")]
    public bool DowngradeProtection { get; set; } = true;

    [Option("How long a token (XEP-0484) lets its client in that does not come back meanwhile; one in use is replaced by a fresh one in time. 0: none are given.", Unit = "days", DefaultFrom = "longer than a holiday")]
    [Range(0, 3650)]
    public int TokenDays { get; set; } = 21;

    [Option("How long a client that does not come back is remembered for the account's list of clients (XEP-0494). 0: always. Of one account never more than 100.", Unit = "days", DefaultFrom = "long enough to be missed, and no longer (XEP-0494 §7)")]
    [Range(0, 3650)]
    public int ClientDays { get; set; } = 90;

    [Option("Keep what clients call themselves, their devices and their resources, for the list of clients.", DefaultFrom = "on: the owner is to be able to tell a lost device from the others")]
    public bool ClientNames { get; set; } = true;

    /// <summary>The hashes that keys are derived for: those of the mechanisms, in their order; SHA-256 when PLAIN is alone.</summary>
    internal IReadOnlyList<ScramHash> Hashes
    {
        get
        {
            var hashes = new List<ScramHash>();
            foreach (string mechanism in Mechanisms)
                if (ScramHashes.TryParseMechanism(mechanism, out ScramHash hash, out _) && !hashes.Contains(hash)) hashes.Add(hash);
            return hashes.Count > 0 ? hashes : [ScramHash.Sha256];
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Mechanisms.Count == 0) yield return new ValidationResult("expected at least one of " + string.Join(", ", Known), [nameof(Mechanisms)]);
        foreach (string mechanism in Mechanisms)
        {
            if (Known.Contains(mechanism, StringComparer.Ordinal)) continue;
            string near = NearestKey.Of(mechanism, Known) is { } known ? $"; did you mean \"{known}\"?" : "";
            yield return new ValidationResult($"unknown mechanism \"{mechanism}\"{near}", [nameof(Mechanisms)]);
        }
    }
}
