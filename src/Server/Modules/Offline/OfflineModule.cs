using PresenceXml.Protocol;

namespace PresenceXml.Server.Modules.Offline;

/// <summary>
/// Announces what the instant inbox does: it keeps messages for an absent user (XEP-0160 §4), gives each an id that the account vouches for
/// and takes away forged ones (XEP-0359 §7).
/// </summary>
public sealed class OfflineModule : IModule
{
    /// <summary>The feature's name, which is no namespace (XEP-0160 §4).</summary>
    public const string Feature = "msgoffline";

    public void Register(ModuleBuilder module) => module
        .Feature(Addressee.Domain, Feature)
        .Feature(Addressee.Account, Namespaces.StanzaId);
}
