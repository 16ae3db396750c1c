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
        {
            throw Failure(trace, LinkStep.Resolve, lookup.Status == ServiceStatus.Unknown ? StanzaError.RemoteServerTimeout : StanzaError.RemoteServerNotFound, lookup.Reason, lookup.Status switch
            {
                ServiceStatus.Unknown => Remedies.Nameserver,
                ServiceStatus.NotOffered => Remedies.NotOffered(domain),
                _ => lookup.IsNoName ? Remedies.NoName(domain) : Remedies.NoHost(domain),
            });
        }
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
        if (hosts)
        {
            throw Failure(trace, LinkStep.Connect, StanzaError.RemoteServerTimeout, $"no connection could be made to the server of {domain}: {places}",
                trace.WasPrivate ? Remedies.Private(domain) : Remedies.NotReached(domain, trace.WasRefused));
        }
        string reason = unknown ? $"the address of the server of {domain} could not be found out: {places}" : $"the server of {domain} has no address: {places}";
        // RFC 6120 §8.3.3.16: what cannot be resolved is not there.
        throw Failure(trace, LinkStep.Resolve, unknown ? StanzaError.RemoteServerTimeout : StanzaError.RemoteServerNotFound, reason, unknown ? Remedies.Nameserver : Remedies.NoAddress(domain, lookup.IsFallback));
    }

    private static LinkFailedException Failure(LinkTrace trace, LinkStep step, StanzaError condition, string reason, string remedy)
    {
        trace.Add($"failed: {reason}");
        trace.Advise(remedy);
        return new LinkFailedException(step, condition, reason) { Remedy = remedy };
    }

    public void Dispose() => sockets.Dispose();

    private ServerConnection Connection(Socket socket, ServiceTarget target)
    {
        ConnectionContext context = sockets.Create(socket);
        return new ServerConnection(context.Transport, target.IsDirectTls, $"{target} at {socket.RemoteEndPoint}", context.Abort, context.DisposeAsync);
    }
}
