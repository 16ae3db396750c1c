using System.IO.Pipelines;
using System.Net.Security;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>An encrypted connection as a pair of pipes, over another pair.</summary>
internal sealed class TlsTransport : IDuplexPipe, IAsyncDisposable
{
    // Zero-byte reads: an idle stream holds no buffer of its own. A batch becomes TLS records of up to 16 KB.
    private static readonly StreamPipeReaderOptions Reading = new(bufferSize: 4096, minimumReadSize: 1024, leaveOpen: true, useZeroByteReads: true);
    private static readonly StreamPipeWriterOptions Writing = new(minimumBufferSize: 16384, leaveOpen: true);
    private readonly SslStream tls;

    private TlsTransport(SslStream tls, ServerCertificate certificate)
    {
        this.tls = tls;
        Binding = certificate.Binding;
        Input = PipeReader.Create(tls, Reading);
        Output = PipeWriter.Create(tls, Writing);
    }

    public PipeReader Input { get; }
    public PipeWriter Output { get; }

    /// <summary>What a client can bind to (RFC 5929 §4).</summary>
    public ChannelBinding? Binding { get; }

    /// <summary>TLS version and cipher suite, for the log.</summary>
    public override string ToString() => $"{tls.SslProtocol} {tls.NegotiatedCipherSuite}";

    /// <summary>Does the handshake on the server's side.</summary>
    /// <param name="plain">The connection.</param>
    /// <param name="certificates">Where the certificate comes from.</param>
    /// <param name="domain">The stream's <c>to</c> after STARTTLS; null for direct TLS (XEP-0368), where SNI names the domain.</param>
    /// <param name="cancel">Ends the handshake.</param>
    /// <exception cref="System.Security.Authentication.AuthenticationException">No TLS, or none that we accept.</exception>
    /// <exception cref="IOException">The connection was lost.</exception>
    public static async ValueTask<TlsTransport> AcceptAsync(IDuplexPipe plain, CertificateStore certificates, string? domain, CancellationToken cancel)
    {
        ServerCertificate? shown = null;
        var tls = new SslStream(new DuplexPipeStream(plain), leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    shown = certificates.Select(domain ?? hello.ServerName);
                    return new ValueTask<SslServerAuthenticationOptions>(TlsPolicy.ForClients(shown, direct: domain is null));
                },
                null,
                cancel);
            return new TlsTransport(tls, shown!);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
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
