using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>Takes an actor from a TCP connection to a bound resource, as an ordinary client does.</summary>
internal static class Login
{
    private static readonly (string Mechanism, HashAlgorithmName Hash)[] Scram =
    [
        ("SCRAM-SHA-1", HashAlgorithmName.SHA1),
        ("SCRAM-SHA-256", HashAlgorithmName.SHA256),
        ("SCRAM-SHA-512", HashAlgorithmName.SHA512),
    ];

    public static HashAlgorithmName HashOf(string name) => name switch
    {
        "SHA-1" => HashAlgorithmName.SHA1,
        "SHA-256" => HashAlgorithmName.SHA256,
        "SHA-512" => HashAlgorithmName.SHA512,
        _ => throw new FormatException($"no such hash: {name}"),
    };

    public static string Plain(string local, string password) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{local}\0{password}"));

    /// <summary>The whole way: connection, TLS as the venue says, SASL, resource.</summary>
    public static async Task ConnectAsync(Actor actor, Venue venue, CancellationToken cancel)
    {
        await actor.OpenConnectionAsync(venue.Tls == TlsMode.Direct, cancel);
        if (venue.Tls == TlsMode.StartTls)
            await SecureAsync(actor, cancel);
        await AuthenticateAsync(actor, await actor.OpenStreamAsync(cancel), cancel);
        await BindAsync(actor, await actor.OpenStreamAsync(cancel), cancel);
    }

    /// <summary>Opens a stream and negotiates STARTTLS on it.</summary>
    public static async Task SecureAsync(Actor actor, CancellationToken cancel)
    {
        var features = await actor.OpenStreamAsync(cancel);
        if (features.Child(Namespaces.Tls, "starttls") is null)
            throw actor.Unexpected("features with <starttls/>");
        await actor.SendAsync($"<starttls xmlns='{Namespaces.Tls}'/>", cancel);
        if (!(await actor.ReceiveStanzaAsync("<proceed/>")).Is(Namespaces.Tls, "proceed"))
            throw actor.Unexpected("<proceed/>");
        await actor.StartTlsAsync(cancel);
    }

    /// <summary>SASL with the first mechanism of ours that the features offer.</summary>
    public static async Task AuthenticateAsync(Actor actor, Element features, CancellationToken cancel)
    {
        var offered = features.Child(Namespaces.Sasl, "mechanisms")?.Children.Select(static child => child.Text).ToHashSet() ?? [];
        var (mechanism, hash) = Scram.FirstOrDefault(candidate => offered.Contains(candidate.Mechanism));
        if (mechanism is null)
        {
            if (!offered.Contains("PLAIN"))
                throw actor.Unexpected("features with a SCRAM mechanism or PLAIN");
            await actor.SendAsync($"<auth xmlns='{Namespaces.Sasl}' mechanism='PLAIN'>{Plain(actor.Account.Local, actor.Password)}</auth>", cancel);
            await ExpectSuccessAsync(actor);
            return;
        }

        var exchange = new ScramExchange(hash, actor.Account.Local, actor.Password);
        await actor.SendAsync($"<auth xmlns='{Namespaces.Sasl}' mechanism='{mechanism}'>{exchange.First}</auth>", cancel);
        var challenge = await actor.ReceiveStanzaAsync("<challenge/>");
        if (!challenge.Is(Namespaces.Sasl, "challenge"))
            throw actor.Unexpected("<challenge/>");
        await actor.SendAsync($"<response xmlns='{Namespaces.Sasl}'>{exchange.Final(challenge.Text)}</response>", cancel);
        var success = await ExpectSuccessAsync(actor);
        if (success.Text != exchange.ServerFinal)
            throw actor.Unexpected($"<success/> with the server's signature {exchange.ServerFinal}");
    }

    /// <summary>Binds the resource of the cast, or one that the server makes.</summary>
    public static async Task BindAsync(Actor actor, Element features, CancellationToken cancel)
    {
        if (features.Child(Namespaces.Bind, "bind") is null)
            throw actor.Unexpected("features with <bind/>");
        var resource = actor.Member.Resource is { } wanted ? $"<resource>{wanted}</resource>" : "";
        await actor.SendAsync($"<iq type='set' id='bind'><bind xmlns='{Namespaces.Bind}'>{resource}</bind></iq>", cancel);
        var answer = await actor.ReceiveStanzaAsync("the result of binding");
        var jid = answer.Child(Namespaces.Bind, "bind")?.Child(Namespaces.Bind, "jid")?.Text;
        if (answer["type"] != "result" || answer["id"] != "bind" || jid is null)
            throw actor.Unexpected("the result of binding");
        actor.NoteBound(jid);
    }

    private static async Task<Element> ExpectSuccessAsync(Actor actor) =>
        await actor.ReceiveStanzaAsync("<success/>") is var success && success.Is(Namespaces.Sasl, "success")
            ? success
            : throw actor.Unexpected("<success/>");
}
