namespace PresenceXml.Server.Modules.Disco;

/// <summary>modules.disco: XEP-0030.</summary>
public sealed class DiscoOptions
{
    /// <summary>Whom to turn to, told by disco#info of the domain (XEP-0157).</summary>
    public ContactAddresses ContactAddresses { get; set; } = new();
}
