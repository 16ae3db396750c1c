using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>Accepts other servers.</summary>
internal sealed class ServerListener(ServerOptions options, ServerServices services, DialbackVerifier verifier) : StreamListener(options, services.Log)
{
    public override void Listen(KestrelServerOptions kestrel, ListenerOptions listen)
    {
        foreach (string address in listen.Server) Listen(kestrel, address, isDirect: false);
        foreach (string address in listen.ServerTls) Listen(kestrel, address, isDirect: true);
    }

    protected override IListenedStream Open(ConnectionContext connection, AddressPrefix address) => new InboundStream(services, verifier, connection.Transport, address, connection.Abort);

    protected override void Stopping() => services.Sessions.Stop();
}
