using PresenceXml.Federation.Tests.Network;

namespace PresenceXml.Federation.Tests.Peers;

/// <summary>What a server of the network is to be.</summary>
/// <param name="Domain">Its domain, below "test".</param>
/// <param name="Proving">What it accepts and offers between servers.</param>
/// <param name="Certificate">What it shows. With dialback one of its own making, so that it cannot prove anything.</param>
public sealed record PeerPlan(string Domain, Proving Proving, CertificateKind Certificate)
{
    public PeerPlan(string domain, Proving proving) : this(domain, proving, proving == Proving.Dialback ? CertificateKind.SelfSigned : CertificateKind.Good) { }

    /// <summary>Acknowledgements between servers (XEP-0198), where the server has them.</summary>
    public bool StreamManagement { get; init; }

    /// <summary>Further virtual hosts, with the same certificate.</summary>
    public IReadOnlyList<string> OtherDomains { get; init; } = [];

    /// <summary>No other way than a certificate of the test authority (or the machine's) is taken.</summary>
    public bool RequiresCertificate => Proving != Proving.Dialback;
}
