using System.Net;
using PresenceXml.Federation.Tests.Peers;
using PresenceXml.Federation.Tests.Scripted;

namespace PresenceXml.Federation.Tests.Network;

/// <summary>A small internet of one test: loopback addresses, names, a certificate authority, and the servers on it.</summary>
public sealed class PeerNetwork : IAsyncDisposable
{
    private readonly Addresses addresses = new();
    private readonly List<PeerServer> peers = [];
    private readonly List<ScriptedPeer> scripted = [];
    private readonly List<CutLine> lines = [];

    public PeerNetwork()
    {
        Authority = new TestAuthority(Folder);
        Names = new Nameserver(addresses.Next(), Folder);
    }

    /// <summary>Of this test alone; removed with it.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("presencexml-federation-").FullName;

    public TestAuthority Authority { get; }

    public Nameserver Names { get; }

    /// <summary>Whether what servers say to each other goes through a line of <see cref="Lines"/>.</summary>
    public bool IsCuttable { get; init; }

    /// <summary>For each server, in the order of their making, the line to it; none unless <see cref="IsCuttable"/>.</summary>
    public IReadOnlyList<CutLine> Lines => lines;

    public Addresses Addresses => addresses;

    /// <summary>A server for the plan's domain; not started yet, but known to the others by name from their start on.</summary>
    public PeerServer Add(PeerKind kind, PeerPlan plan)
    {
        var site = new PeerSite(plan, addresses.Next(), Directory.CreateDirectory(Path.Combine(Folder, plan.Domain)).FullName, Authority, Names.Address);
        PeerServer peer = kind switch
        {
            PeerKind.Own => new OwnPeer(site),
            PeerKind.Prosody => new ProsodyPeer(site),
            PeerKind.Ejabberd => new EjabberdPeer(site),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        peers.Add(peer);
        return peer;
    }

    /// <summary>A scripted server for that domain; listens at once.</summary>
    /// <param name="others">Further domains that are to be found there.</param>
    public ScriptedPeer AddScripted(string domain, CertificateKind certificate, params IReadOnlyList<string> others)
    {
        var peer = new ScriptedPeer(domain, addresses.Next(), Authority.Issue(domain, certificate));
        scripted.Add(peer);
        string target = peer.Address.Address.ToString(); // see Announce
        Names.AddHost(target, peer.Address.Address);
        foreach (string name in others.Prepend(domain)) Names.AddService("xmpp-server", name, target, peer.Address.Port);
        return peer;
    }

    /// <summary>Starts the nameserver and every server.</summary>
    public async Task StartAsync()
    {
        foreach (PeerServer peer in peers) Announce(peer);
        await Names.StartAsync();
        await Task.WhenAll(peers.Select(static peer => peer.StartAsync()));
    }

    // ejabberd asks inet_res for SRV records, and so our nameserver, but the system's getaddrinfo for addresses, and so the machine's. Where one is about, the
    // SRV records point to names that look like addresses: nobody has to ask what they are, and who does (RFC 2782 allows names only) is told.
    private void Announce(PeerServer peer)
    {
        (PeerPlan plan, PeerSite site) = (peer.Plan, peer.Site);
        bool direct = plan.Proving == Proving.DirectTls;
        var address = new IPEndPoint(site.Address, direct ? site.ServerTlsPort : site.ServerPort);
        if (IsCuttable)
        {
            lines.Add(new CutLine(addresses.Next(), address));
            address = lines[^1].Address;
        }
        string target = peers.Exists(static other => other.Kind == PeerKind.Ejabberd) ? address.Address.ToString() : $"xmpp.{plan.Domain}";
        Names.AddHost(target, address.Address);
        foreach (string domain in plan.OtherDomains.Prepend(plan.Domain))
        {
            // Direct TLS alone: what then gets through has come that way.
            Names.AddService("xmpps-server", domain, direct ? target : "", address.Port);
            Names.AddService("xmpp-server", domain, direct ? "" : target, address.Port);
        }
    }

    /// <summary>What everything here has written, for a failed test.</summary>
    public string Story() => string.Join('\n', peers.Select(static peer => $"== {peer.Plan.Domain} ({peer.Kind})\n{peer.Log}").Append("== names\n" + Names.Output.Text));

    public async ValueTask DisposeAsync()
    {
        foreach (PeerServer peer in peers) await peer.DisposeAsync();
        foreach (CutLine line in lines) await line.DisposeAsync();
        foreach (ScriptedPeer peer in scripted) await peer.DisposeAsync();
        await Names.DisposeAsync();
        Authority.Dispose();
        addresses.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
