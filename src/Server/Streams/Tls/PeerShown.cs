using System.Security.Cryptography.X509Certificates;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>What a peer sent in its TLS certificate message, in DER, before anybody has judged it.</summary>
/// <param name="Leaf">Its own certificate.</param>
/// <param name="Others">What came with it; in any order, and perhaps of no use.</param>
internal sealed record PeerShown(ReadOnlyMemory<byte> Leaf, IReadOnlyList<ReadOnlyMemory<byte>> Others)
{
    /// <summary>Copies what TLS disposes after the handshake; null when the peer sent none.</summary>
    public static PeerShown? Of(X509Certificate? leaf, X509Chain? chain) =>
        leaf is null ? null : new(leaf.GetRawCertData(), [.. chain?.ChainPolicy.ExtraStore.Select(other => (ReadOnlyMemory<byte>)other.RawData) ?? []]);
}
