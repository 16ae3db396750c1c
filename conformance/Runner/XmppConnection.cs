using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>One TCP connection to or from the server. It reads only when asked, so that a TLS handshake finds the wire untouched.</summary>
public sealed class XmppConnection : IAsyncDisposable
{
    private static readonly XmlLimits NoLimits = new(0, 0, 0);
    private readonly Socket socket;
    private readonly byte[] chunk = new byte[16384];
    private Stream wire;
    private Task<int>? pendingRead;
    private byte[] rest = [];
    private StreamDecoder decoder = new(NoLimits);
    private Received? ended;
    private string? writeProblem;

    private XmppConnection(Socket socket)
    {
        this.socket = socket;
        wire = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>
    /// The data of the channel binding tls-server-end-point: the hash of the certificate by the hash of its signature, SHA-256 where
    /// that is weaker (RFC 5929 §4.1).
    /// </summary>
    public byte[] EndPointBinding => wire is SslStream { RemoteCertificate: X509Certificate2 certificate }
        ? CryptographicOperations.HashData(
            certificate.SignatureAlgorithm.Value switch
            {
                "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
                "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
                _ => HashAlgorithmName.SHA256,
            },
            certificate.RawData)
        : throw new FormatException("there is no channel to bind to: the connection has no TLS");

    public static async Task<XmppConnection> OpenAsync(string host, int port, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancel);
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A connection that was opened to us.</summary>
    public static XmppConnection Accepted(Socket socket)
    {
        socket.NoDelay = true;
        return new(socket);
    }

    /// <summary>Performs the TLS handshake. The stream that follows is a new one.</summary>
    /// <param name="direct">Direct TLS (XEP-0368), which names the protocol by ALPN.</param>
    /// <param name="certificate">What we show when the server asks for a certificate, null: none.</param>
    public async Task SecureAsync(string domain, bool insecure, bool direct, CancellationToken cancel, X509Certificate2? certificate = null)
    {
        var tls = new SslStream(wire, leaveInnerStreamOpen: false);
        wire = tls;
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = domain,
                RemoteCertificateValidationCallback = (_, _, _, errors) => insecure || errors == SslPolicyErrors.None,
                ApplicationProtocols = direct ? [new("xmpp-client")] : null,
                ClientCertificates = certificate is null ? null : [certificate],
            },
            cancel);
        RestartReading();
    }

    /// <summary>Performs the TLS handshake on a connection that was opened to us. Any certificate will do, and none.</summary>
    [SuppressMessage("Security", "CA5359", Justification = "A scripted server trusts by dialback; a test has no authority to ask.")]
    public async Task SecureAsServerAsync(X509Certificate2 certificate, CancellationToken cancel)
    {
        var tls = new SslStream(wire, leaveInnerStreamOpen: false);
        wire = tls;
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            },
            cancel);
        RestartReading();
    }

    /// <summary>From here on the server's bytes are a new stream.</summary>
    public void RestartReading() => decoder = new(NoLimits);

    public Task SendAsync(string text, CancellationToken cancel) => SendAsync(Encoding.UTF8.GetBytes(text), cancel);

    /// <summary>
    /// Sends bytes. A connection that is gone shows when it is read, not here: what the server said before it went, such as why, is still
    /// to be read.
    /// </summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        try
        {
            await wire.WriteAsync(bytes, cancel);
            await wire.FlushAsync(cancel);
        }
        catch (IOException e)
        {
            writeProblem = e.Message;
        }
    }

    /// <summary>The next thing the server did.</summary>
    /// <exception cref="TimeoutException">Nothing came in time; the connection can go on being read.</exception>
    public async Task<Received> ReceiveAsync(TimeSpan patience)
    {
        var deadline = TimeProvider.System.GetTimestamp() + (long)(patience.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (true)
        {
            if (TryDecode() is { } received)
                return received;
            if (ended is not null)
                return ended;
            pendingRead ??= ReadAsync();
            var left = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), deadline);
            var count = await pendingRead.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            pendingRead = null;
            if (count > 0)
                rest = [.. rest, .. chunk.AsSpan(0, count)];
        }
    }

    /// <summary>Ends the connection at once, as a cut line does: no closing tag, no TLS close_notify, a TCP reset.</summary>
    public void Drop()
    {
        socket.LingerState = new(true, 0);
        socket.Close();
    }

    /// <summary>Ends the connection as an orderly program does that forgot to close its stream: TLS close_notify and the end of TCP, no closing tag.</summary>
    public async Task HangUpAsync()
    {
        if (wire is SslStream tls)
            await tls.ShutdownAsync();
        socket.Shutdown(SocketShutdown.Send);
    }

    public async ValueTask DisposeAsync()
    {
        socket.Close();
        if (pendingRead is not null)
            await pendingRead;
        await wire.DisposeAsync();
    }

    private async Task<int> ReadAsync()
    {
        try
        {
            var count = await wire.ReadAsync(chunk);
            if (count == 0)
                ended = new Received.ConnectionClose(writeProblem ?? "closed");
            return count;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException)
        {
            ended = new Received.ConnectionClose(e.Message);
            return 0;
        }
    }

    private Received? TryDecode()
    {
        if (rest.Length == 0)
            return null;
        var buffer = new ReadOnlySequence<byte>(rest);
        try
        {
            var found = decoder.TryRead(ref buffer, out var next);
            rest = buffer.ToArray();
            if (!found)
                return null;
            switch (next.Kind)
            {
                case StreamEventKind.Header:
                    return new Received.Header(next.Header!);
                case StreamEventKind.Close:
                    return new Received.StreamClose();
                default:
                    var element = next.Element!.ToElement();
                    if (element.Is(Namespaces.Sasl, "success")) // RFC 6120 §6.4.6: what follows is a new stream
                        RestartReading();
                    return new Received.Stanza(element);
            }
        }
        catch (StreamException e)
        {
            rest = [];
            return ended = new Received.IllFormed(e.Message);
        }
    }
}
