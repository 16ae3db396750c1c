namespace PresenceXml.Server.Streams.Tls;

/// <summary>Why a certificate proves nothing.</summary>
/// <param name="Problem">For people, with "the certificate" as its subject left out and without its full stop.</param>
/// <param name="Remedy">What its owner, or who is to believe it, can do; likewise a sentence without its full stop.</param>
internal sealed record CertificateFlaw(string Problem, string Remedy)
{
    public const string Renew = "its operator has to renew the certificate, and have the server load it";

    public const string Chain = "its operator has to put the intermediate certificates into the file behind the server's own (the \"full chain\"); or, if the authority is a private one you trust, add it to federation.trustedCertificates";

    public const string Authority = "its operator has to get a certificate from an authority known everywhere (Let's Encrypt is free); or, if you trust this one, add it to federation.trustedCertificates";

    public const string Clock = "its clock or ours is wrong, or the operator put the certificate in too early";

    public const string Reissue = "its operator has to get another certificate, one for TLS servers with a current signature";

    public static string Name(string domain) =>
        $"its operator has to get a certificate that names {domain} itself, which is what stands behind the @, not only the host";
}
