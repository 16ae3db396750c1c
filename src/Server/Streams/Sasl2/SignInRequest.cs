using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;
using PresenceXml.Server.Streams.Sasl;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>Everything a client asks for when it signs in (XEP-0388 1.0.4 §2.3).</summary>
internal sealed class SignInRequest
{
    private readonly Element element;

    private SignInRequest(Element element)
    {
        this.element = element;
        Software = TextOf("software");
        Device = TextOf("device");
    }

    public string Mechanism => element["mechanism"] ?? "";

    /// <summary>The initial response; null when it is not base64.</summary>
    public SaslData? InitialResponse => Sasl2Elements.Data(element.Child(Sasl2Elements.Ns, "initial-response"));

    /// <summary>The installation of the client, a UUID in lower case; null when it does not say.</summary>
    public string? ClientId { get; private init; }

    /// <summary>What the client calls itself; "" when it does not say.</summary>
    public string Software { get; }

    /// <summary>What the client calls the device it runs on; "" when it does not say.</summary>
    public string Device { get; }

    /// <summary>XEP-0484 §3.4: the client signs in with a token; null when it does not.</summary>
    public FastRequest? Fast { get; private init; }

    /// <summary>XEP-0484 §3.2: the mechanism of the token the client wants to be given; null for none.</summary>
    public string? TokenMechanism => element.Child(FastElements.Ns, "request-token")?["mechanism"];

    /// <summary>XEP-0198 §8: the session to go on with.</summary>
    public Element? Resume => element.Child(StreamManagement.Ns, "resume");

    /// <summary>XEP-0386 §3.2.</summary>
    public Element? Bind => element.Child(Sasl2Elements.BindNs, "bind");

    /// <summary>XEP-0480 §2.2: the hashes whose keys the client can supply, in its order.</summary>
    public IEnumerable<ScramHash> Upgrades
    {
        get
        {
            foreach (Element child in element.Children)
                if (child.Is(Sasl2Elements.UpgradeNs, "upgrade") && UpgradeTask.TryParse(child.Text.Trim(), out ScramHash hash)) yield return hash;
        }
    }

    /// <summary>Reads <c>authenticate</c>.</summary>
    /// <param name="element">The element.</param>
    /// <param name="problem">Why it cannot be read, for people; null when it can.</param>
    /// <returns>Null when it has not the form it must have.</returns>
    public static SignInRequest? Read(Element element, out string? problem)
    {
        Element? fast = element.Child(FastElements.Ns, "fast");
        FastRequest read = default;
        bool isUuid = TryId(element.Child(Sasl2Elements.Ns, "user-agent")?["id"], out string? id);
        problem = !isUuid ? "The id of user-agent is a UUID of version 4."
            : fast is null ? null
            : id is null ? "A token is for one client, which has to say which it is: user-agent with an id."
            : !FastRequest.TryRead(fast, out read) ? "A count is a positive number."
            : null;
        return problem is null ? new SignInRequest(element) { ClientId = id, Fast = fast is null ? null : read } : null;
    }

    /// <summary>§2.3: a UUID of version 4 (RFC 9562 §5.4), or nothing.</summary>
    private static bool TryId(string? text, out string? id)
    {
        bool isUuid = Guid.TryParseExact(text, "D", out Guid parsed) && parsed.Version == 4 && parsed.Variant is >= 8 and <= 11;
        id = isUuid ? parsed.ToString("D") : null;
        return text is null || isUuid;
    }

    private string TextOf(string name) =>
        ClientText.Shown(element.Child(Sasl2Elements.Ns, "user-agent")?.Child(Sasl2Elements.Ns, name)?.Text);
}
