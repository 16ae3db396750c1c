namespace PresenceXml.Server.Modules.Ping;

/// <summary>XEP-0199: XMPP Ping, for the domain and for an own account.</summary>
public sealed class PingModule : IModule
{
    public const string Ns = "urn:xmpp:ping";

    public void Register(ModuleBuilder module) => module
        .Feature(Addressee.Domain, Ns)
        .Feature(Addressee.Account, Ns)
        .OnGet(Addressee.Domain, Ns, "ping", static (_, _) => new(IqReply.Done))
        .OnGet(Addressee.Account, Ns, "ping", static (_, _) => new(IqReply.Done));
}
