using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Streams;

/// <summary>Accepts clients.</summary>
internal sealed class ClientListener(ServerOptions options, StreamServices services) : StreamListener(options, services.Log)
{
    public override void Listen(KestrelServerOptions kestrel, ListenerOptions listen)
    {
        foreach (string address in listen.Client) Listen(kestrel, address, isDirect: false);
        foreach (string address in listen.ClientTls) Listen(kestrel, address, isDirect: true);
    }

    protected override IListenedStream Open(ConnectionContext connection, AddressPrefix address) => new ClientStream(connection.Transport, address, connection.Abort, services);
}
