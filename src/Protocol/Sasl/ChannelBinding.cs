namespace PresenceXml.Protocol.Sasl;

/// <summary>What a channel can be bound with (RFC 5929, 9266).</summary>
/// <param name="Type">The registered name, for example <c>tls-server-end-point</c>; other types are refused.</param>
/// <param name="Data">The binding data of this connection.</param>
public sealed record ChannelBinding(string Type, ReadOnlyMemory<byte> Data)
{
    /// <summary>The hash of the server's certificate (RFC 5929 §4).</summary>
    public const string TlsServerEndPoint = "tls-server-end-point";
}
