using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>
/// listen: where connections are taken. Each is a list of address:port; the empty list switches it off. "[::]" is every address, IPv4
/// included, and IPv4 alone where there is no IPv6. Values are read with <see cref="ListenAddress"/>.
/// </summary>
public sealed class ListenerOptions : IValidatableObject
{
    [Option("Clients, STARTTLS.", DefaultFrom = "RFC 6120 §14.7: xmpp-client")]
    public IReadOnlyList<string> Client { get; set; } = ["[::]:5222"];

    [Option("Clients, TLS from the first byte (ALPN xmpp-client).", DefaultFrom = "XEP-0368; the port most servers use")]
    public IReadOnlyList<string> ClientTls { get; set; } = ["[::]:5223"];

    [Option("Other servers, STARTTLS.", DefaultFrom = "RFC 6120 §14.7: xmpp-server")]
    public IReadOnlyList<string> Server { get; set; } = ["[::]:5269"];

    [Option("Other servers, TLS from the first byte (ALPN xmpp-server).", DefaultFrom = "XEP-0368; the port most servers use")]
    public IReadOnlyList<string> ServerTls { get; set; } = ["[::]:5270"];

    [Option("Components (XEP-0114), without TLS: for the loopback or a wire of one's own.", DefaultFrom = "off; there is no registered port, most use 5347")]
    public IReadOnlyList<string> Component { get; set; } = [];

    [Option("Web, WebSocket, health and metrics.", DefaultFrom = "the port most servers use")]
    public IReadOnlyList<string> Http { get; set; } = ["[::]:5280"];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        from listener in new[] { (nameof(Client), Client), (nameof(ClientTls), ClientTls), (nameof(Server), Server), (nameof(ServerTls), ServerTls), (nameof(Component), Component), (nameof(Http), Http) }
        from address in listener.Item2
        where !ListenAddress.TryParse(address, out _)
        select new ValidationResult($"expected {ListenAddress.Expected}, not \"{address}\"", [listener.Item1]);
}
