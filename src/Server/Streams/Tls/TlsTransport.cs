using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>An encrypted connection as a pair of pipes, over another pair.</summary>
internal sealed class TlsTransport : IDuplexPipe, IAsyncDisposable
{
    // Zero-byte reads: an idle stream holds no buffer of its own. A batch becomes TLS records of up to 16 KB.
    private static readonly StreamPipeReaderOptions Reading = new(bufferSize: 4096, minimumReadSize: 1024, leaveOpen: true, useZeroByteReads: true);
    private static readonly StreamPipeWriterOptions Writing = new(minimumBufferSize: 16384, leaveOpen: true);
    private readonly SslStream tls;

    private TlsTransport(SslStream tls, ChannelBinding? binding, PeerCertificate? peer)
    {
        this.tls = tls;
        Binding = binding;
        Peer = peer;
        Input = PipeReader.Create(tls, Reading);
        Output = PipeWriter.Create(tls, Writing);
    }

    public PipeReader Input { get; }
    public PipeWriter Output { get; }

    /// <summary>What a client can bind to (RFC 5929 §4).</summary>
    public ChannelBinding? Binding { get; }

    /// <summary>What another server showed; null when it showed nothing, and for a client, which is not asked.</summary>
    public PeerCertificate? Peer { get; }

    /// <summary>TLS version and cipher suite, for the log.</summary>
    public override string ToString() => $"{tls.SslProtocol} {tls.NegotiatedCipherSuite}";

    /// <summary>Does the handshake on the server's side.</summary>
    /// <param name="plain">The connection.</param>
    /// <param name="certificates">Where the certificate comes from.</param>
    /// <param name="domain">The stream's <c>to</c> after STARTTLS; null for direct TLS (XEP-0368), where SNI names the domain.</param>
    /// <param name="peers">Of a listener for other servers: they are asked for a certificate, and it is judged by this. Null: clients, who are not asked.</param>
    /// <param name="cancel">Ends the handshake.</param>
    /// <exception cref="AuthenticationException">No TLS, or none that we accept.</exception>
    /// <exception cref="IOException">The connection was lost.</exception>
    public static async ValueTask<TlsTransport> AcceptAsync(IDuplexPipe plain, CertificateStore certificates, string? domain, PeerTrust? peers, CancellationToken cancel)
    {
        ServerCertificate? own = null;
        PeerShown? shown = null;
        var tls = new SslStream(new DuplexPipeStream(plain), leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    own = certificates.Select(domain ?? hello.ServerName);
                    bool direct = domain is null;
                    return new ValueTask<SslServerAuthenticationOptions>(peers is null ? TlsPolicy.ForClients(own, direct) : TlsPolicy.ForServers(own, direct, peer => shown = peer));
                },
                null,
                cancel);
            return new TlsTransport(tls, own!.Binding, Judge(shown, peers, isClient: true));
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does the handshake on the client's side. The other server's certificate is judged, and rejected by nobody here: <see cref="Peer"/> tells.</summary>
    /// <param name="plain">The connection.</param>
    /// <param name="target">Whom it is with.</param>
    /// <param name="certificates">Where our own certificate comes from, to be shown when it is asked for.</param>
    /// <param name="peers">By what the other server's is judged.</param>
    /// <param name="cancel">Ends the handshake.</param>
    /// <exception cref="AuthenticationException">No TLS, or none that we accept, or the other side does not accept ours.</exception>
    /// <exception cref="IOException">The connection was lost.</exception>
    public static async ValueTask<TlsTransport> ConnectAsync(IDuplexPipe plain, TlsTarget target, CertificateStore certificates, PeerTrust peers, CancellationToken cancel)
    {
        PeerShown? shown = null;
        var tls = new SslStream(new DuplexPipeStream(plain), leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsClientAsync(TlsPolicy.ToServer(target, certificates.Select(target.Local), peer => shown = peer), cancel);
            return new TlsTransport(tls, null, Judge(shown, peers, isClient: false));
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    private static PeerCertificate? Judge(PeerShown? shown, PeerTrust? peers, bool isClient)
    {
        if (shown is null || peers is null) return null;
        try
        {
            return new PeerCertificate(shown, peers, isClient);
        }
        catch (CryptographicException e)
        {
            throw new AuthenticationException("The certificate cannot be read.", e);
        }
    }

    /// <summary>Sends close_notify (RFC 6120 §4.4). False: the peer has closed already.</summary>
    public async ValueTask<bool> TryShutdownAsync()
    {
        try
        {
            await tls.ShutdownAsync();
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        await tls.DisposeAsync();
    }
}
