using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Federation;

/// <summary>A component of this server (XEP-0114): its domain, its secret, and the line it is connected by, if it is.</summary>
/// <param name="domain">As in <see cref="PresenceXml.Protocol.Jid.Domain"/>.</param>
/// <param name="secret">What both sides know.</param>
/// <param name="queueBytes">What may wait for it.</param>
internal sealed class Component(string domain, string secret, int queueBytes)
{
    /// <summary>What senders are told while it is not connected.</summary>
    public static readonly StanzaError Away = StanzaError.RemoteServerTimeout with { Text = "The component is not connected" };

    private ComponentLine? line;

    public string Domain => domain;

    public bool IsConnected => Volatile.Read(ref line) is not null;

    /// <summary>True for the handshake of who knows the secret (XEP-0114 §3): SHA-1 of stream id and secret, lower-case hexadecimal digits. Takes as long whatever is wrong.</summary>
    public bool IsProof(string streamId, string handshake)
    {
#pragma warning disable CA5350 // XEP-0114 names SHA-1; the id is ours and used once, so a collision is of no use.
        byte[] hash = SHA1.HashData(Encoding.UTF8.GetBytes(streamId + secret));
#pragma warning restore CA5350
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(handshake), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash)));
    }

    /// <summary>A queue for a line of this component.</summary>
    public ComponentQueue NewQueue() => new(queueBytes);

    /// <summary>Sends to it from now on by this line. Otherwise the line that has to leave before.</summary>
    public ComponentLine? TryAttach(ComponentLine next) => Interlocked.CompareExchange(ref line, next, null);

    /// <summary>The line has ended, and its queue is closed.</summary>
    public void Detach(ComponentLine last) => Interlocked.CompareExchange(ref line, null, last);

    /// <summary>As <see cref="RemoteDomains.TrySend"/>.</summary>
    public StanzaError? TrySend(Stanza stanza)
    {
        StanzaError? problem = Volatile.Read(ref line) is { } there ? there.Queue.TrySend(stanza) : Away;
        return stanza is Fetch or Iq { IsRequest: false } or { IsError: true } ? null : problem;
    }
}
