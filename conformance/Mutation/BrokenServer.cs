using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Mutation;

/// <summary>
/// Stands between the actors of one performance and the server, and is a server that makes one mistake; without a mutant, one that makes
/// none. Every actor has doors of its own, so that it is known whose a connection is.
/// </summary>
internal sealed class BrokenServer : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Venue> doors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ProxyConnection>> connections = new(StringComparer.Ordinal);
    private readonly List<WireEvent> events = [];
    private readonly Dictionary<string, string> managed = new(StringComparer.Ordinal);
    private readonly List<Socket> listeners = [];
    private readonly List<Task> work = [];
    private readonly CancellationTokenSource stop = new();
    private readonly Mutant? mutant;

    /// <param name="venue">The server itself.</param>
    /// <param name="certificate">What the actors are shown. The server's own, where channel binding is to work.</param>
    public BrokenServer(Venue venue, Play play, SslStreamCertificateContext certificate, Mutant? mutant)
    {
        (Venue, Certificate, this.mutant) = (venue, certificate, mutant);
        foreach (var member in play.Cast)
        {
            connections[member.Name] = [];
            var ordinary = Listen(member.Name, venue.Port, venue is { Tls: TlsMode.Direct, DirectPort: null });
            int? direct = venue.DirectPort is { } port ? Listen(member.Name, port, direct: true) : null;
            doors[member.Name] = venue with
            {
                Host = "127.0.0.1",
                Port = ordinary,
                DirectPort = direct,
                ServerPort = member.IsServer && venue.ServerPort is { } server ? ListenForServer(member, server) : venue.ServerPort,
                Insecure = true,
            };
        }
    }

    public Venue Venue { get; }
    public SslStreamCertificateContext Certificate { get; }

    /// <summary>Whether the mistake was made.</summary>
    public bool HasErred { get; private set; }

    /// <summary>What passed, in the order of each connection.</summary>
    public IReadOnlyList<WireEvent> Events
    {
        get
        {
            lock (gate)
                return [.. events];
        }
    }

    /// <summary>The venue for a member of the cast.</summary>
    public Venue DoorOf(CastMember member) => doors.GetValueOrDefault(member.Name, Venue);

    /// <summary>Notes what passes and says what is to be done with it; null: it passes.</summary>
    public Tampering? Judge(WireEvent passing)
    {
        lock (gate)
        {
            if (mutant is null)
            {
                events.Add(passing);
                return null;
            }

            var isMeant = mutant.Tampering switch
            {
                Tampering.RewriteHeader { Everywhere: true } => passing is { Kind: WireEventKind.Header, Place.IsFromServer: true },
                Tampering.Rewrite { Everywhere: true } => passing is { Kind: WireEventKind.Element, Place.IsFromServer: true },
                _ => mutant.Site.Event.Resembles(passing),
            };
            return isMeant ? mutant.Tampering : null;
        }
    }

    /// <summary>The mistake has been made.</summary>
    public void NoteErred() => HasErred = true;

    /// <summary>Who has bound what.</summary>
    public Dictionary<string, string> Bound()
    {
        lock (gate)
        {
            return connections
                .Where(static entry => entry.Value is [.., { Bound: not null }])
                .ToDictionary(static entry => entry.Key, static entry => entry.Value[^1].Bound!, StringComparer.Ordinal);
        }
    }

    /// <summary>The full JID of a session that begins or goes on by what the server says (XEP-0386 §3.2.2, XEP-0198 §5), else null.</summary>
    /// <param name="bound">What is bound on that connection.</param>
    public string? SessionOf(Element element, string? bound)
    {
        lock (gate)
        {
            var result = element.Is(ModernLogin.Ns, "success") ? element : null;
            if ((result?.Child(ManagedSession.Ns, "resumed") ?? element) is { } resumed && resumed.Is(ManagedSession.Ns, "resumed"))
                return resumed["previd"] is { } previous ? managed.GetValueOrDefault(previous) : null;
            var full = result?.Child(ModernLogin.Ns, "authorization-identifier")?.Text.Trim() is { } identity && identity.Contains('/', StringComparison.Ordinal) ? identity : null;
            var enabled = element.Is(ManagedSession.Ns, "enabled") ? element : result?.Children.FirstOrDefault(static child => child.LocalName == "bound")?.Child(ManagedSession.Ns, "enabled");
            if (enabled?["id"] is { } id && (full ?? bound) is { } owner)
                managed[id] = owner;
            return full;
        }
    }

    /// <summary>The bound connection of an actor, null when there is none.</summary>
    public ProxyConnection? ConnectionOf(string actor)
    {
        lock (gate)
            return connections[actor] is [.., { Bound: not null } last] ? last : null;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        Task[] all;
        lock (gate)
        {
            listeners.ForEach(static listener => listener.Dispose());
            all = [.. work];
        }

        await Task.WhenAll(all);
        foreach (var connection in connections.Values.SelectMany(static each => each))
            await connection.DisposeAsync();
        stop.Dispose();
    }

    // What a scripted server opens passes here; what it accepts comes to its own address, and does not.
    private int ListenForServer(CastMember member, int port)
    {
        var name = PeerServer.NameOfOut(member);
        connections[name] = [];
        return Listen(name, port, direct: false);
    }

    private int Listen(string actor, int port, bool direct)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listeners.Add(listener);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        work.Add(AcceptAsync(listener, actor, port, direct));
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private async Task AcceptAsync(Socket listener, string actor, int port, bool direct)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptAsync(stop.Token);
                lock (gate)
                {
                    var all = connections[actor];
                    var connection = new ProxyConnection(this, actor, all.Count + 1, client);
                    all.Add(connection);
                    connection.Start(port, direct, stop.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The performance is over.
        }
    }
}
