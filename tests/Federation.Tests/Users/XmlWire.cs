using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Federation.Tests.Users;

/// <summary>One end of a connection that carries XML streams, in the clear or in TLS.</summary>
public sealed class XmlWire(TcpClient tcp) : IAsyncDisposable
{
    private Stream stream = tcp.GetStream();
    private PipeReader input = PipeReader.Create(tcp.GetStream());
    private StreamDecoder decoder = NewDecoder();

    public async Task SendAsync(string xml, CancellationToken cancel = default) => await stream.WriteAsync(Encoding.UTF8.GetBytes(xml), cancel);

    public async Task SecureAsync(SslClientAuthenticationOptions options)
    {
        var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(options);
        Use(tls);
    }

    public async Task SecureAsync(SslServerAuthenticationOptions options)
    {
        var tls = new SslStream(stream);
        await tls.AuthenticateAsServerAsync(options);
        Use(tls);
    }

    /// <summary>What comes next begins with an XML declaration or a stream header again.</summary>
    public void Restart() => decoder = NewDecoder();

    /// <summary>The next header, element or closing tag; null when the line is gone.</summary>
    public async Task<StreamEvent?> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync(cancel);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                return null;
            }
            ReadOnlySequence<byte> buffer = read.Buffer;
            bool found = decoder.TryRead(ref buffer, out StreamEvent next);
            input.AdvanceTo(buffer.Start, found ? buffer.Start : buffer.End);
            if (found) return next;
            if (read.IsCompleted) return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        tcp.Dispose();
        await stream.DisposeAsync();
    }

    // Who secures a line has read all that came in the clear: the other end waits for the handshake.
    private void Use(SslStream tls)
    {
        stream = tls;
        input = PipeReader.Create(tls);
        Restart();
    }

    private static StreamDecoder NewDecoder() => new(new XmlLimits(1 << 20, 64, 64));
}
