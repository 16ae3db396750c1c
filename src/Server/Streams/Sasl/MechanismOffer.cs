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
    public SaslServer? Start(ClientStream stream, string mechanism)
    {
        if (!For(stream).Contains(mechanism, StringComparer.Ordinal)) return null;
        return ScramHashes.TryParseMechanism(mechanism, out ScramHash hash, out bool plus)
            ? new ScramServer(hash, plus, OffersBinding(stream), Nonce(), stream.Binding)
            : new PlainServer();
    }

    private static bool Bindable(ClientStream stream) => stream.Binding is not null;

    private static string Nonce() => Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(18));
}
