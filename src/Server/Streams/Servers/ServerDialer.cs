using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>Connects to other servers by the DNS and TCP. Its <see cref="ConnectAsync"/> is the <see cref="Dial"/> of the program.</summary>
internal sealed class ServerDialer(ServiceResolver resolver, TargetConnector connector, ServerOptions options, ILoggerFactory logs) : IDisposable
{
    // The largest services have five or so. A list without end would have us connect to whom it names, again and again.
    private const int MaxTargets = 10;

    // The sockets of both directions have the same bounds and the same back-pressure.
    private readonly SocketConnectionContextFactory sockets = new(
        new SocketConnectionFactoryOptions { UnsafePreferInlineScheduling = true, MaxReadBufferSize = 64 * 1024 }, logs.CreateLogger<ServerDialer>());

    /// <inheritdoc cref="Dial"/>
    public async IAsyncEnumerable<ServerConnection> ConnectAsync(string domain, LinkTrace trace, [EnumeratorCancellation] CancellationToken cancel)
    {
        trace.Step = LinkStep.Resolve;
        ServiceLookup lookup = await resolver.ResolveAsync(domain, trace, cancel);
        if (lookup.Status != ServiceStatus.Found)
            throw new LinkFailedException(LinkStep.Resolve, lookup.Status == ServiceStatus.Unknown ? StanzaError.RemoteServerTimeout : StanzaError.RemoteServerNotFound, lookup.Reason);
        bool any = false, hosts = false, unknown = false;
        foreach (ServiceTarget target in lookup.Targets.Take(MaxTargets))
        {
            trace.Step = LinkStep.Connect;
            TargetConnection connection = await connector.ConnectAsync(target, lookup.IsConfigured || options.Federation.AllowPrivateAddresses, trace, cancel);
            hosts |= connection.HostStatus == DnsStatus.Found;
            unknown |= connection.HostStatus == DnsStatus.Failed;
            if (connection.Socket is not { } socket) continue;
            any = true;
            yield return Connection(socket, target);
        }
        if (any) yield break;
        string places = string.Join(", ", lookup.Targets.Take(MaxTargets));
        throw hosts ? new LinkFailedException(LinkStep.Connect, StanzaError.RemoteServerTimeout, $"no connection could be made to the server of {domain}: {places}")
            // RFC 6120 §8.3.3.16: what cannot be resolved is not there.
            : new LinkFailedException(LinkStep.Resolve, unknown ? StanzaError.RemoteServerTimeout : StanzaError.RemoteServerNotFound, $"the server of {domain} has no address: {places}");
    }

    public void Dispose() => sockets.Dispose();

    private ServerConnection Connection(Socket socket, ServiceTarget target)
    {
        ConnectionContext context = sockets.Create(socket);
        return new ServerConnection(context.Transport, target.IsDirectTls, $"{target} at {socket.RemoteEndPoint}", context.Abort, context.DisposeAsync);
    }
}
