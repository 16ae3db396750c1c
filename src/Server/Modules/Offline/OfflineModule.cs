namespace PresenceXml.Server.Modules.Offline;

/// <summary>XEP-0160 §4: tells that messages for an absent user are kept. The instant inbox keeps them; here it is only announced.</summary>
public sealed class OfflineModule : IModule
{
    /// <summary>The feature's name, which is no namespace (XEP-0160 §4).</summary>
    public const string Feature = "msgoffline";

    public void Register(ModuleBuilder module) => module.Feature(Addressee.Domain, Feature);
}
