using System.ComponentModel.DataAnnotations;
using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.Delivery;

/// <summary>modules.deliveryRules: what accounts without delivery rules of their own have, and who hears of reports.</summary>
[ModuleOptions("deliveryRules")]
public sealed class DeliveryOptions : IValidatableObject
{
    [Option("Whether delivery rules can be made and are obeyed. Off, every message is delivered, whatever rules are stored.")]
    public bool Enabled { get; set; } = true;

    [Option("What becomes of messages of strangers at other servers that hold a link, a file or an invitation, for accounts without rules of their own: deliver: as any other; weak: into the box junk where the other server has proven itself by dialback alone; links: into the box junk; all: there with everything that strangers at other servers write.",
        DefaultFrom = "who is to be reached by strangers is, and mass senders without a certificate are not seen")]
    [AllowedValues("deliver", "weak", "links", "all")]
    public string Strangers { get; set; } = "weak";

    [Option("Address that is told what rules of accounts report (XEP-0377); once a day for each account and sender.")]
    public string? ReportTo { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ReportTo is { } text && !Jid.TryParse(text, out _))
            yield return new ValidationResult($"\"{text}\" is no address, such as abuse@example.org.", [nameof(ReportTo)]);
    }
}
