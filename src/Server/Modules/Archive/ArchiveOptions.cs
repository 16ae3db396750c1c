using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.Archive;

/// <summary>modules.archive: XEP-0313, XEP-0441. How long messages are kept is <c>inbox.retentionDays</c>.</summary>
public sealed class ArchiveOptions : IValidatableObject
{
    [Option("Which messages are archived of an account that has not said so itself: always, never, or roster (those of its contacts).", DefaultFrom = "XEP-0313 §6.1.1: a user's conversations")]
    [AllowedValues("always", "never", "roster")]
    public string Default { get; set; } = "always";

    [Option("Messages of a page when the client names no number.", Unit = "messages", DefaultFrom = "about a screen or two")]
    [Range(1, 10000)]
    public int PageMessages { get; set; } = 50;

    [Option("Messages of the largest page, and ids one query may name.", Unit = "messages", DefaultFrom = "what clients ask for at most when they catch up")]
    [Range(1, 10000)]
    public int LargestPage { get; set; } = 250;

    [Option("A page ends early, but not empty, where its messages take more.", Unit = "bytes", DefaultFrom = "250 messages of 4 KB; a page is in memory while it is sent")]
    [Range(1, 16777216)]
    public int PageBytes { get; set; } = 1048576;

    [Option("Addresses one account may list in its preferences, in both lists together. 0: no limit.", Unit = "addresses", DefaultFrom = "as many as may be blocked; they are in memory while the account is in use")]
    [Range(0, int.MaxValue)]
    public int MaxItems { get; set; } = 1000;

    [Option("Announces the archives on the domain too, for clients that look for them there; XEP-0313 §6.1 has it on the accounts alone.")]
    public bool AnnounceOnDomain { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (LargestPage < PageMessages) yield return new ValidationResult($"expected at least pageMessages ({PageMessages}), not {LargestPage}", [nameof(LargestPage)]);
    }
}
