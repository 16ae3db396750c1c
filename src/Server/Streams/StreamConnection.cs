using System.IO.Pipelines;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Streams;

/// <summary>The connection under a stream: in the clear at first, perhaps encrypted later, and how it comes to its end.</summary>
internal sealed class StreamConnection : IAsyncDisposable
{
    private readonly IDuplexPipe plain;
    private readonly Action abort;
    private readonly CancellationTokenSource gone = new();
    private TlsTransport? tls;

    /// <param name="plain">The bytes.</param>
    /// <param name="abort">Cuts the connection; may be called from any thread and more than once.</param>
    /// <param name="stream">The stream over it.</param>
    public StreamConnection(IDuplexPipe plain, Action abort, XmppStream stream)
    {
        this.plain = plain;
        this.abort = abort;
        Stream = stream;
        Gone = gone.Token;
    }

    public XmppStream Stream { get; }

    /// <summary>Cancelled when nothing more can be read or written.</summary>
    public CancellationToken Gone { get; }

    /// <summary>What SCRAM can be bound to; null in the clear.</summary>
    public ChannelBinding? Binding => tls?.Binding;

    /// <summary>Goes on encrypted.</summary>
    /// <param name="certificates">Where the certificate comes from.</param>
    /// <param name="domain">As in <see cref="TlsTransport.AcceptAsync"/>.</param>
    /// <returns>TLS version and cipher suite, for the log.</returns>
    /// <exception cref="System.Security.Authentication.AuthenticationException">No TLS, or none that we accept.</exception>
    /// <exception cref="IOException">The connection was lost.</exception>
    public async ValueTask<TlsTransport> EncryptAsync(CertificateStore certificates, string? domain)
    {
        if (domain is not null) await Stream.SkipWhitespaceAsync(Gone);
        tls = await TlsTransport.AcceptAsync(plain, certificates, domain, null, Gone);
        Stream.Rebase(tls);
        return tls;
    }

    /// <summary>Goes on encrypted with a server that connected to us; it is asked for a certificate.</summary>
    /// <inheritdoc cref="EncryptAsync"/>
    /// <param name="certificates">Where our certificate comes from.</param>
    /// <param name="peers">By what the other server's certificate is judged.</param>
    /// <param name="domain">As in <see cref="TlsTransport.AcceptAsync"/>.</param>
    public async ValueTask<TlsTransport> AcceptServerAsync(CertificateStore certificates, PeerTrust peers, string? domain)
    {
        if (domain is not null) await Stream.SkipWhitespaceAsync(Gone);
        tls = await TlsTransport.AcceptAsync(plain, certificates, domain, peers, Gone);
        Stream.Rebase(tls);
        return tls;
    }

    /// <summary>Goes on encrypted with a server that we connected to.</summary>
    /// <inheritdoc cref="EncryptAsync"/>
    /// <param name="certificates">Where our certificate comes from.</param>
    /// <param name="peers">By what the other server's certificate is judged.</param>
    /// <param name="target">Who speaks to whom.</param>
    public async ValueTask<TlsTransport> ConnectAsync(CertificateStore certificates, PeerTrust peers, TlsTarget target)
    {
        tls = await TlsTransport.ConnectAsync(plain, target, certificates, peers, Gone);
        Stream.Rebase(tls);
        return tls;
    }

    /// <summary>Sends what was written.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async ValueTask FlushAsync(CancellationToken cancel)
    {
        if (!await Stream.FlushAsync(cancel)) throw new IOException("The connection is gone.");
    }

    /// <summary>Ends the stream, with an error when there is one (RFC 6120 §4.4, §4.9.1). False: the connection was lost.</summary>
    public async ValueTask<bool> EndAsync(StreamError? error)
    {
        Stream.WriteEnd(error);
        try
        {
            return await Stream.FlushAsync(Gone);
        }
        catch (OperationCanceledException)
        {
            return false;   // cut while it was being told
        }
    }

    /// <summary>Waits for the peer's end of a stream that was ended here (RFC 6120 §4.4).</summary>
    /// <param name="broken">True when what the peer sends cannot be read any more.</param>
    /// <param name="peerClosed">True when the peer's end has come.</param>
    /// <param name="look">Gets each element that still comes; null when nobody wants to know.</param>
    public async ValueTask PartAsync(bool broken, bool peerClosed, Action<RawElement>? look)
    {
        if (tls is not null && !await tls.TryShutdownAsync()) return;
        if (!peerClosed) await Stream.DrainAsync(broken, look, Gone);
    }

    /// <summary>Takes nothing more; what the peer sends and does not get is lost.</summary>
    public Task LeaveAsync() => gone.CancelAsync();

    /// <summary>Cuts the connection. From any thread.</summary>
    public void Abort()
    {
        try
        {
            gone.Cancel();
        }
        catch (ObjectDisposedException)
        {
            return;   // it has ended by itself
        }
        abort();
    }

    public async ValueTask DisposeAsync()
    {
        if (tls is not null) await tls.DisposeAsync();
        gone.Dispose();
    }
}
