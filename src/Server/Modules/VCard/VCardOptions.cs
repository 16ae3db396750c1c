using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.VCard;

/// <summary>modules.vcard: XEP-0054. 0 switches a limit off.</summary>
[ModuleOptions("vcard")]
public sealed class VCardOptions
{
    [Option("One vCard as XML.", Unit = "bytes", DefaultFrom = "holds a picture of about 90 KB in base64")]
    [Range(0, int.MaxValue)]
    public int MaxBytes { get; set; } = 131072;
}
