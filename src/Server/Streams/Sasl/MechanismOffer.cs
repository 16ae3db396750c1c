using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>Which mechanisms a stream is offered, in our order of preference (RFC 6120 §6.3.3): those that bind the channel first.</summary>
internal sealed class MechanismOffer
{
    private const string Plain = "PLAIN";
    private readonly string[] unbound;
    private readonly string[] bound;
    private readonly bool plainInTheClear;

    public MechanismOffer(ServerOptions options)
    {
        unbound = [.. options.Auth.Mechanisms];
        bound = options.Auth.ChannelBinding ? [.. unbound.Where(mechanism => mechanism != Plain).Select(mechanism => mechanism + "-PLUS"), .. unbound] : unbound;
        // RFC 6120 §13.8.3 forbids PLAIN without TLS; a server that does not require TLS is one for tests on the loopback.
        plainInTheClear = !options.Tls.Required;
    }

    /// <summary>The names to advertise.</summary>
    public IEnumerable<string> For(ClientStream stream) => Bindable(stream)
        ? bound
        : unbound.Where(mechanism => mechanism != Plain || plainInTheClear || stream.State.HasFlag(StreamState.Secure));

    /// <summary>True when this stream is offered mechanisms that bind the channel.</summary>
    public bool OffersBinding(ClientStream stream) => Bindable(stream) && bound.Length > unbound.Length;

    /// <summary>Starts a mechanism; null when the stream was not offered it.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="mechanism">The name the client gave.</param>
    /// <param name="protect">True when the client is to be able to see whether the offer reached it unchanged (XEP-0474).</param>
    public SaslServer? Start(ClientStream stream, string mechanism, bool protect = false)
    {
        if (!For(stream).Contains(mechanism, StringComparer.Ordinal)) return null;
        return ScramHashes.TryParseMechanism(mechanism, out ScramHash hash, out bool plus)
            ? new ScramServer(hash, plus, OffersBinding(stream), Nonce(), stream.Binding, protect ? Summary(stream) : null)
            : new PlainServer();
    }

    /// <summary>XEP-0474 0.5.0 §5.1: the offer in one text, sorted by octets.</summary>
    private string Summary(ClientStream stream)
    {
        string mechanisms = string.Join('\x1E', For(stream).Order(StringComparer.Ordinal));
        return OffersBinding(stream) ? $"{mechanisms}\x1F{stream.Binding!.Type}" : mechanisms;
    }

    private static bool Bindable(ClientStream stream) => stream.Binding is not null;

    private static string Nonce() => Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(18));
}
