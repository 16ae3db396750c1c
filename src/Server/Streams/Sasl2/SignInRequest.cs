using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Sessions;
using PresenceXml.Server.Streams.Sasl;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>Everything a client asks for when it signs in (XEP-0388 1.0.4 §2.3).</summary>
internal sealed class SignInRequest
{
    // Told to the account's owner in lists.
    private const int LongestText = 200;
    private readonly Element element;

    private SignInRequest(Element element, string? clientId)
    {
        this.element = element;
        ClientId = clientId;
    }

    public string Mechanism => element["mechanism"] ?? "";

    /// <summary>The initial response; null when it is not base64.</summary>
    public SaslData? InitialResponse => Sasl2Elements.Data(element.Child(Sasl2Elements.Ns, "initial-response"));

    /// <summary>The installation of the client, a UUID in lower case; null when it does not say.</summary>
    public string? ClientId { get; }

    public string? Software => TextOf("software");

    public string? Device => TextOf("device");

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

    /// <summary>Reads <c>authenticate</c>. Null: what it says of its client has not the form it must have.</summary>
    public static SignInRequest? Read(Element element)
    {
        string? id = element.Child(Sasl2Elements.Ns, "user-agent")?["id"];
        if (id is null) return new SignInRequest(element, null);
        // §2.3: a UUID of version 4 (RFC 9562 §5.4).
        return Guid.TryParseExact(id, "D", out Guid parsed) && parsed.Version == 4 && parsed.Variant is >= 8 and <= 11
            ? new SignInRequest(element, parsed.ToString("D"))
            : null;
    }

    private string? TextOf(string name)
    {
        string? text = element.Child(Sasl2Elements.Ns, "user-agent")?.Child(Sasl2Elements.Ns, name)?.Text.Trim();
        return string.IsNullOrEmpty(text) ? null : text.Length > LongestText ? text[..LongestText] : text;
    }
}
