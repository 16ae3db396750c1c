using System.Net;
using System.Security.Cryptography.X509Certificates;
using PresenceXml.Federation.Tests.Network;

namespace PresenceXml.Federation.Tests.Peers;

/// <summary>Where a server of the network stands: its address, ports, folder and certificate.</summary>
public sealed class PeerSite
{
    public PeerSite(PeerPlan plan, IPAddress address, string folder, TestAuthority authority, IPEndPoint names)
    {
        Plan = plan;
        Address = address;
        Folder = folder;
        Names = names;
        RootFile = authority.RootFile;
        (CertificateFile, KeyFile, BothFile) = authority.IssueFiles(plan.Domain, plan.Certificate);
        ClientTlsPort = Addresses.FreePort(address);
        ServerPort = Addresses.FreePort(address);
        ServerTlsPort = Addresses.FreePort(address);
    }

    public PeerPlan Plan { get; }
    public IPAddress Address { get; }
    public string Folder { get; }

    /// <summary>The nameserver to ask.</summary>
    public IPEndPoint Names { get; }

    public string RootFile { get; }
    public string CertificateFile { get; }
    public string KeyFile { get; }
    public string BothFile { get; }

    /// <summary>Clients, TLS from the first byte.</summary>
    public int ClientTlsPort { get; }

    /// <summary>Servers, STARTTLS.</summary>
    public int ServerPort { get; }

    /// <summary>Servers, TLS from the first byte.</summary>
    public int ServerTlsPort { get; }

    /// <summary>Whether this is the server's certificate: often one that nobody has to trust.</summary>
    public bool Shows(X509Certificate? shown)
    {
        using var own = X509CertificateLoader.LoadCertificateFromFile(CertificateFile);
        return shown is not null && shown.GetCertHashString() == own.GetCertHashString();
    }

    public string PathOf(string name) => Path.Combine(Folder, name);
}
