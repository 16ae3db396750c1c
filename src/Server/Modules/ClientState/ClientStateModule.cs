using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules.ClientState;

/// <summary>XEP-0352: Client State Indication, 1.0, for a client that begins as inactive (XEP-0386 §3.2). Later it says so by elements of the stream.</summary>
public sealed class ClientStateModule(ServerOptions options) : IModule
{
    public void Register(ModuleBuilder module) => module.BindFeature(Importance.Ns, Begin);

    private Element? Begin(ClientSession session, Element wish)
    {
        if (wish.LocalName == "inactive")
            session.Outbox.Rest(options.ClientState.WaitingStanzas, options.ClientState.WaitingBytes);
        return null;
    }
}
