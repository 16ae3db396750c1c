using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.Registration;

/// <summary>modules.registration: XEP-0077. Changing one's password and cancelling one's account work whatever stands here.</summary>
public sealed class RegistrationOptions
{
    [Option("Strangers may make accounts from their client.", DefaultFrom = "open registration draws spammers (XEP-0077 §14)")]
    public bool Enabled { get; set; }

    [Option("Attempts to make an account from one address (IPv6: one /64) in an hour, refused ones counted; 0: no limit.", Unit = "attempts", DefaultFrom = "a family, and some names that are taken")]
    [Range(0, int.MaxValue)]
    public int PerHour { get; set; } = 10;

    [Option("Shown with the form; null: a sentence in English.")]
    public string? Instructions { get; set; }
}
