using System.Net;

namespace PresenceXml.Server.Diagnostics;

/// <summary>A certificate as people recognise it.</summary>
/// <param name="Subject">Whom it names.</param>
/// <param name="Fingerprint">SHA-256, as clients show it.</param>
/// <param name="NotAfter">When it expires.</param>
/// <param name="IsSelfSigned">Made by this server; clients will ask whether to trust it.</param>
internal sealed record CertificateFact(string Subject, string Fingerprint, DateTimeOffset NotAfter, bool IsSelfSigned);

/// <summary>A listener of the configuration.</summary>
/// <param name="Purpose">What it is for, in words.</param>
/// <param name="EndPoints">Where it listens, with the real ports; empty when it is not open.</param>
/// <param name="Configured">What the configuration says, for one that is accepted and not opened.</param>
internal sealed record ListenerFact(string Purpose, IReadOnlyList<IPEndPoint> EndPoints, IReadOnlyList<string> Configured);

/// <summary>What is so once the server has started.</summary>
/// <param name="Version">The product's.</param>
/// <param name="Domains">What is served.</param>
/// <param name="ConfigFile">The file that was read; null when there was none.</param>
/// <param name="DataDirectory">Where everything is kept.</param>
/// <param name="Listeners">Open ones, and those whose part does not exist yet.</param>
/// <param name="Certificates">Those in use.</param>
/// <param name="TlsRequired">False: passwords may cross the network readable.</param>
internal sealed record StartFacts(string Version, IReadOnlyList<string> Domains, string? ConfigFile, string DataDirectory, IReadOnlyList<ListenerFact> Listeners, IReadOnlyList<CertificateFact> Certificates, bool TlsRequired);
