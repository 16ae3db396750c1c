using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.Privacy;

/// <summary>modules.privacyLists: XEP-0016. 0 switches a limit off.</summary>
[ModuleOptions("privacyLists")]
public sealed class PrivacyOptions
{
    [Option("Whether privacy lists can be made and are obeyed.")]
    public bool Enabled { get; set; } = true;

    [Option("Lists of one account.", Unit = "lists", DefaultFrom = "clients make a handful")]
    [Range(0, int.MaxValue)]
    public int MaxLists { get; set; } = 20;

    [Option("Items of all lists of one account.", Unit = "items", DefaultFrom = "as many as addresses can be blocked; those of a list are asked one after the other")]
    [Range(0, int.MaxValue)]
    public int MaxItems { get; set; } = 1000;
}
