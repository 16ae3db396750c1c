using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>One certificate with its key and chain, ready for use by any number of connections.</summary>
internal sealed class ServerCertificate
{
    private readonly X509Certificate2 leaf;

    private ServerCertificate(X509Certificate2 leaf, SslStreamCertificateContext context)
    {
        this.leaf = leaf;
        Context = context;
        Names = [.. leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames())];
        byte[]? binding = ServerEndPoint.Hash(leaf);
        Binding = binding is null ? null : new ChannelBinding(ChannelBinding.TlsServerEndPoint, binding);
    }

    /// <summary>Shared by all connections, so that they share session tickets and OpenSSL's context too.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>The DNS names it is good for; may contain wildcards.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What a client binds to (RFC 5929 §4); null when the certificate's signature algorithm defines none.</summary>
    public ChannelBinding? Binding { get; }

    public string Subject => leaf.Subject;

    /// <summary>The SHA-256 of the certificate, in hexadecimal with colons as clients show it.</summary>
    public string Fingerprint => string.Join(':', SHA256.HashData(leaf.RawDataMemory.Span).Select(octet => octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));

    public DateTimeOffset NotBefore => leaf.NotBefore.ToUniversalTime();

    public DateTimeOffset NotAfter => leaf.NotAfter.ToUniversalTime();

    /// <summary>True when nobody but its own key vouches for it.</summary>
    public bool IsSelfSigned => leaf.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData);

    /// <summary>True when this is the very same certificate.</summary>
    public bool IsSame(ServerCertificate other) => leaf.RawDataMemory.Span.SequenceEqual(other.leaf.RawDataMemory.Span);

    /// <summary>Reads a PEM file with the chain, the server's own certificate first, and its key.</summary>
    /// <exception cref="CryptographicException">The files do not hold a certificate and its key.</exception>
    public static ServerCertificate Load(string chainFile, string keyFile) =>
        Create(File.ReadAllText(chainFile), File.ReadAllText(keyFile));

    /// <summary>Makes one from PEM text.</summary>
    /// <exception cref="CryptographicException">The texts do not hold a certificate and its key.</exception>
    public static ServerCertificate Create(string chainPem, string keyPem)
    {
        X509Certificate2 leaf = X509Certificate2.CreateFromPem(chainPem, keyPem);
        if (OperatingSystem.IsWindows())
        {
            // Windows cannot use a key that lives in memory only for TLS.
            leaf = X509CertificateLoader.LoadPkcs12(leaf.Export(X509ContentType.Pkcs12), null);
        }
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(chainPem);
        if (chain.Count > 0) chain.RemoveAt(0);
        return new ServerCertificate(leaf, SslStreamCertificateContext.Create(leaf, chain, offline: true));
    }

    /// <summary>True when a client that wants <paramref name="domain"/> accepts one of the names (RFC 6125 §6.4).</summary>
    public bool Covers(string domain)
    {
        foreach (string name in Names)
        {
            if (name.Equals(domain, StringComparison.OrdinalIgnoreCase)) return true;
            // RFC 6125 §6.4.3: a wildcard stands for exactly one left-most label.
            if (name.StartsWith("*.", StringComparison.Ordinal) && domain.IndexOf('.') is > 0 and int dot
                && domain.AsSpan(dot).Equals(name.AsSpan(1), StringComparison.OrdinalIgnoreCase)) return true;
        }
        return false;
    }
}
