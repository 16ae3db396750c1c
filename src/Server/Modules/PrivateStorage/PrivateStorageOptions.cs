using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.PrivateStorage;

/// <summary>modules.privateStorage: XEP-0049. 0 switches a limit off.</summary>
public sealed class PrivateStorageOptions
{
    [Option("What one account may store in all.", Unit = "bytes", DefaultFrom = "four of the largest stanzas; clients keep bookmarks and notes, some kilobytes")]
    [Range(0, int.MaxValue)]
    public int MaxBytes { get; set; } = 1048576;

    [Option("Names of elements that one account may store.", Unit = "names", DefaultFrom = "clients use about five each")]
    [Range(0, int.MaxValue)]
    public int MaxElements { get; set; } = 200;
}
