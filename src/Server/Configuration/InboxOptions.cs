using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>inbox: how much is kept, and for how long.</summary>
public sealed class InboxOptions
{
    [Option("Undelivered messages one account may have; more are refused to the sender. 0: no limit.", Unit = "messages", DefaultFrom = "a busy month away")]
    [Range(0, int.MaxValue)]
    public int QuotaMessages { get; set; } = 10000;

    [Option("The same in bytes. 0: no limit.", Unit = "bytes", DefaultFrom = "a message of 6.5 KB for each of the 10000")]
    [Range(0, double.MaxValue)]
    public long QuotaBytes { get; set; } = 64 * 1024 * 1024;

    [Option("How long a delivered message stays in the log. 0: for ever.", Unit = "days", DefaultFrom = "a year to look back at")]
    [Range(0, 36500)]
    public int RetentionDays { get; set; } = 365;
}
