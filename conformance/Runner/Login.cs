using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>Takes an actor from a TCP connection to a bound resource, as an ordinary client does.</summary>
internal static class Login
{
    public static readonly IReadOnlyList<(string Mechanism, HashAlgorithmName Hash)> Scram =
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
    public static async Task ConnectAsync(Actor actor, Venue venue, CancellationToken cancel) =>
        await BindAsync(actor, await ConnectUnboundAsync(actor, venue, cancel), cancel);

    /// <summary>Connection, TLS, SASL, and in place of a resource the session that the actor had (XEP-0198 §5).</summary>
    public static async Task ResumeAsync(Actor actor, Venue venue, CancellationToken cancel)
    {
        await ConnectUnboundAsync(actor, venue, cancel);
        if (actor.Management.Session is not { Id: { } id } session)
            throw new PlayFailedException($"{actor.Name} has a session to resume", "the play has begun none");
        await actor.SendAsync($"<resume xmlns='{ManagedSession.Ns}' previd='{Text(id)}' h='{session.Received}'/>", cancel);
        var answer = await actor.ReceiveStanzaAsync("<resumed/>");
        if (!answer.Is(ManagedSession.Ns, "resumed") || answer["previd"] != id)
            throw actor.Unexpected($"<resumed/> of {id}");
    }

    private static async Task<Element> ConnectUnboundAsync(Actor actor, Venue venue, CancellationToken cancel)
    {
        await actor.OpenConnectionAsync(venue.Tls == TlsMode.Direct, cancel);
        if (venue.Tls == TlsMode.StartTls)
            await SecureAsync(actor, cancel);
        await AuthenticateAsync(actor, await actor.OpenStreamAsync(cancel), cancel);
        return await actor.OpenStreamAsync(cancel);
    }

    // XEP-0198 §5: any character that an attribute can hold.
    private static string Text(string id) => id.Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace("'", "&apos;", StringComparison.Ordinal);

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
    /// <returns>The exchange, null when it was none of SCRAM.</returns>
    public static async Task<ScramExchange?> AuthenticateAsync(Actor actor, Element features, CancellationToken cancel)
    {
        var offered = features.Child(Namespaces.Sasl, "mechanisms")?.Children.Select(static child => child.Text).ToHashSet() ?? [];
        var (mechanism, hash) = Scram.FirstOrDefault(candidate => offered.Contains(candidate.Mechanism));
        if (mechanism is null)
        {
            if (!offered.Contains("PLAIN"))
                throw actor.Unexpected("features with a SCRAM mechanism or PLAIN");
            await actor.SendAsync($"<auth xmlns='{Namespaces.Sasl}' mechanism='PLAIN'>{Plain(actor.Account.Local, actor.Password)}</auth>", cancel);
            await ExpectSuccessAsync(actor);
            return null;
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
        return exchange;
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
