using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.AccessPolicy;

/// <summary>modules.accessRules. 0 switches a limit off.</summary>
public sealed class AccessRulesOptions
{
    [Option("Whether access rules can be made and are obeyed. Off, the subscription alone decides who sees presence, whatever rules are stored.")]
    public bool Enabled { get; set; } = true;

    [Option("Size of one account's access rules.", Unit = "bytes", DefaultFrom = "64 rules of 1 KB; they are in memory while the account is in use")]
    [Range(0, int.MaxValue)]
    public int MaxBytes { get; set; } = 65536;
}
