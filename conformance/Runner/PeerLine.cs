using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PresenceXml.Protocol;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// A connection that the server under test opened and that no step leads: the scripted server answers as an ordinary one, with STARTTLS
/// and dialback, and hands on what else comes.
/// </summary>
internal sealed class PeerLine(Socket socket, string domain, Dialback dialback, X509Certificate2 certificate, bool offersTls, Action<Received> tell)
{
    // The line lives as long as the play; its end closes it.
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);
    private readonly XmppConnection connection = XmppConnection.Accepted(socket);

    /// <summary>Ends the line at once.</summary>
    public void Drop()
    {
        try
        {
            connection.Drop();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Serves until either side ends the connection.</summary>
    public async Task ServeAsync(CancellationToken cancel)
    {
        try
        {
            var isSecure = false;
            while (await connection.ReceiveAsync(Patience) is var next and not Received.ConnectionClose)
            {
                switch (next)
                {
                    case Received.Header { Value: { ContentNamespace: Namespaces.Server } header }:
                        await connection.SendAsync(
                            PeerStream.OpeningTag(domain, header.From, PeerStream.NewStreamId()) + PeerStream.Features(offersTls && !isSecure), cancel);
                        break;
                    case Received.Stanza { Value: var element } when element.Is(Namespaces.Tls, "starttls"):
                        await connection.SendAsync(PeerStream.Proceed, cancel);
                        await connection.SecureAsServerAsync(certificate, cancel);
                        isSecure = true;
                        break;
                    case Received.Stanza { Value: var element } when element.Is(Dialback.Ns, "verify"):
                        await connection.SendAsync(dialback.Answer(element), cancel);
                        break;
                    case Received.Stanza { Value: var element } when element.Is(Dialback.Ns, "result"):
                        await connection.SendAsync(Dialback.Accept(element), cancel);
                        break;
                    case Received.StreamClose:
                        await connection.SendAsync("</stream:stream>", cancel);
                        return;
                    default:
                        tell(next);
                        if (next is Received.IllFormed)
                            return;
                        break;
                }
            }
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException or ObjectDisposedException
            || (e is OperationCanceledException && cancel.IsCancellationRequested))
        {
            // A handshake that the server broke off, or the end of the play; what had to come is missed by the step that expects it.
        }
        finally
        {
            await connection.DisposeAsync();
        }
    }
}
