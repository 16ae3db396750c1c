using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Streams.Components;

/// <summary>Accepts components.</summary>
internal sealed class ComponentListener(ServerOptions options, ComponentServices services) : StreamListener(options, services.Log)
{
    public override void Listen(KestrelServerOptions kestrel, ListenerOptions listen)
    {
        foreach (string address in listen.Component) Listen(kestrel, address, isDirect: false);
    }

    protected override IListenedStream Open(ConnectionContext connection, AddressPrefix address) => new ComponentStream(connection.Transport, address, connection.Abort, services);
}
