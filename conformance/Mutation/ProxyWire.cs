using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace PresenceXml.Conformance.Mutation;

/// <summary>One side of a connection through the proxy: a socket, with or without TLS. What goes wrong on it is the end of the line.</summary>
internal sealed class ProxyWire(Socket socket) : IAsyncDisposable
{
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly TaskCompletionSource secured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream stream = Stream.Null;

    /// <summary>Ends when TLS is established.</summary>
    public Task Secured => secured.Task;

    // OpenSSL fails in its own way when one side says goodbye while the other is being read.
    public static bool IsEnd(Exception e) =>
        e is IOException or SocketException or ObjectDisposedException or AuthenticationException or CryptographicException;

    /// <summary>Begins with a socket that is connected.</summary>
    public void Open()
    {
        socket.NoDelay = true;
        stream = new NetworkStream(socket);
    }

    public Task ConnectAsync(string host, int port, CancellationToken cancel) => socket.ConnectAsync(host, port, cancel).AsTask();

    /// <summary>Waits until something is there to be read, without taking it.</summary>
    /// <exception cref="IOException">The line was cut. It is told once only: a read that follows would see an orderly end.</exception>
    public async Task WaitAsync(CancellationToken cancel)
    {
        try
        {
            // Not a read of no bytes: that also ends by the news of bytes that an earlier read has taken.
            await socket.ReceiveAsync(new byte[1], SocketFlags.Peek, cancel);
        }
        catch (SocketException e)
        {
            throw new IOException("the line was cut", e);
        }
    }

    /// <summary>Reads; 0 is the end.</summary>
    /// <exception cref="IOException">The line was cut.</exception>
    public async Task<int> ReadAsync(byte[] chunk, CancellationToken cancel)
    {
        try
        {
            return await stream.ReadAsync(chunk, cancel);
        }
        catch (CryptographicException e)
        {
            throw new IOException("TLS ended", e);
        }
    }

    /// <summary>Writes. Where nobody is there any more, that shows on what comes from there, not here.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        try
        {
            await stream.WriteAsync(bytes, cancel);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // What is said to somebody who is gone is lost, as on any line.
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public async Task SayGoodbyeAsync(CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        try
        {
            if (stream is SslStream tls)
                await tls.ShutdownAsync();
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Closed from the other side, or about to be, which OpenSSL tells by an exception that has no name here: the line ends anyway.
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>From here on, closing is a TCP reset.</summary>
    public void PrepareCut() => socket.LingerState = new(true, 0);

    /// <summary>Closes the socket; who reads from it finds its end.</summary>
    public void Close() => socket.Dispose();

    /// <summary>Performs the handshake as the server that it is for the actors.</summary>
    /// <param name="direct">Direct TLS (XEP-0368), which names the protocol by ALPN.</param>
    public Task SecureAsServerAsync(SslStreamCertificateContext certificate, bool direct, CancellationToken cancel) => SecureAsync(tls => tls.AuthenticateAsServerAsync(
        new SslServerAuthenticationOptions { ServerCertificateContext = certificate, ApplicationProtocols = direct ? [new("xmpp-client")] : null }, cancel));

    /// <summary>Performs the handshake as the client that it is for the server.</summary>
    public Task SecureAsClientAsync(string domain, bool insecure, bool direct, CancellationToken cancel) => SecureAsync(tls => tls.AuthenticateAsClientAsync(
        new SslClientAuthenticationOptions
        {
            TargetHost = domain,
            RemoteCertificateValidationCallback = (_, _, _, errors) => insecure || errors == SslPolicyErrors.None,
            ApplicationProtocols = direct ? [new("xmpp-client")] : null,
        },
        cancel));

    public async ValueTask DisposeAsync()
    {
        socket.Dispose();
        await stream.DisposeAsync();
        writing.Dispose();
    }

    private async Task SecureAsync(Func<SslStream, Task> handshake)
    {
        var tls = new SslStream(stream);
        await handshake(tls);
        stream = tls;
        secured.SetResult();
    }
}
