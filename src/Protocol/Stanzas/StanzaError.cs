using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Stanzas;

/// <summary>What the sender can do about a stanza error (RFC 6120 §8.3.2).</summary>
public enum StanzaErrorType
{
    /// <summary>Retry after providing credentials.</summary>
    Auth,
    /// <summary>Do not retry.</summary>
    Cancel,
    /// <summary>Proceed, it was only a warning.</summary>
    Continue,
    /// <summary>Retry after changing the data sent.</summary>
    Modify,
    /// <summary>Retry after waiting.</summary>
    Wait,
}

/// <summary>A stanza error (RFC 6120 §8.3): a value a handler returns. The catalogue holds every defined condition with its default type.</summary>
/// <param name="Type">What the sender can do about it.</param>
/// <param name="Condition">The name of the defined condition.</param>
/// <param name="Text">An English sentence for people, or null.</param>
/// <param name="AppCondition">A condition of an application, in its own namespace, or null.</param>
public sealed record StanzaError(StanzaErrorType Type, string Condition, string? Text = null, Element? AppCondition = null)
{
    /// <summary>The stanza breaks its schema or cannot be processed (§8.3.3.1).</summary>
    public static readonly StanzaError BadRequest = new(StanzaErrorType.Modify, "bad-request");

    /// <summary>A resource or session of this name exists already (§8.3.3.2).</summary>
    public static readonly StanzaError Conflict = new(StanzaErrorType.Cancel, "conflict");

    /// <summary>The namespace is known, the feature is not implemented (§8.3.3.3).</summary>
    public static readonly StanzaError FeatureNotImplemented = new(StanzaErrorType.Cancel, "feature-not-implemented");

    /// <summary>The sender lacks the permission (§8.3.3.4).</summary>
    public static readonly StanzaError Forbidden = new(StanzaErrorType.Auth, "forbidden");

    /// <summary>The addressee is no longer here for good (§8.3.3.5); <see cref="ConditionText"/> may hold the new address as a URI.</summary>
    public static readonly StanzaError Gone = new(StanzaErrorType.Cancel, "gone");

    /// <summary>Our own fault (§8.3.3.6).</summary>
    public static readonly StanzaError InternalServerError = new(StanzaErrorType.Cancel, "internal-server-error");

    /// <summary>The addressed item does not exist (§8.3.3.7); not where that tells a stranger something.</summary>
    public static readonly StanzaError ItemNotFound = new(StanzaErrorType.Cancel, "item-not-found");

    /// <summary>An illegal JID (§8.3.3.8).</summary>
    public static readonly StanzaError JidMalformed = new(StanzaErrorType.Modify, "jid-malformed");

    /// <summary>Understood, but it does not meet the criteria of the recipient or server (§8.3.3.9).</summary>
    public static readonly StanzaError NotAcceptable = new(StanzaErrorType.Modify, "not-acceptable");

    /// <summary>Nobody may do this (§8.3.3.10).</summary>
    public static readonly StanzaError NotAllowed = new(StanzaErrorType.Cancel, "not-allowed");

    /// <summary>Credentials are missing or wrong (§8.3.3.11).</summary>
    public static readonly StanzaError NotAuthorized = new(StanzaErrorType.Auth, "not-authorized");

    /// <summary>A local policy was violated (§8.3.3.12).</summary>
    public static readonly StanzaError PolicyViolation = new(StanzaErrorType.Modify, "policy-violation");

    /// <summary>The recipient is temporarily unavailable (§8.3.3.13); not where that tells a stranger something.</summary>
    public static readonly StanzaError RecipientUnavailable = new(StanzaErrorType.Wait, "recipient-unavailable");

    /// <summary>The recipient is elsewhere for now (§8.3.3.14); <see cref="ConditionText"/> holds the other address as a URI.</summary>
    public static readonly StanzaError Redirect = new(StanzaErrorType.Modify, "redirect");

    /// <summary>The sender must register first (§8.3.3.15).</summary>
    public static readonly StanzaError RegistrationRequired = new(StanzaErrorType.Auth, "registration-required");

    /// <summary>The remote domain does not exist or cannot be resolved (§8.3.3.16).</summary>
    public static readonly StanzaError RemoteServerNotFound = new(StanzaErrorType.Cancel, "remote-server-not-found");

    /// <summary>The remote domain was resolved, but no stream to it can be had (§8.3.3.17).</summary>
    public static readonly StanzaError RemoteServerTimeout = new(StanzaErrorType.Wait, "remote-server-timeout");

    /// <summary>The server is busy or something is full (§8.3.3.18).</summary>
    public static readonly StanzaError ResourceConstraint = new(StanzaErrorType.Wait, "resource-constraint");

    /// <summary>No such service; the neutral answer to strangers (§8.3.3.19).</summary>
    public static readonly StanzaError ServiceUnavailable = new(StanzaErrorType.Cancel, "service-unavailable");

    /// <summary>The sender must subscribe first (§8.3.3.20).</summary>
    public static readonly StanzaError SubscriptionRequired = new(StanzaErrorType.Auth, "subscription-required");

    /// <summary>None of the others; only together with an application's condition (§8.3.3.21).</summary>
    public static readonly StanzaError UndefinedCondition = new(StanzaErrorType.Cancel, "undefined-condition");

    /// <summary>A request that was understood, but came out of order (§8.3.3.22).</summary>
    public static readonly StanzaError UnexpectedRequest = new(StanzaErrorType.Wait, "unexpected-request");

    /// <summary>Character data of the condition itself: the URI of <see cref="Gone"/> and <see cref="Redirect"/>.</summary>
    public string? ConditionText { get; init; }

    /// <summary>The <c>error</c> element in the content namespace <c>jabber:client</c>, which the writer turns into that of the stream.</summary>
    public Element ToElement() => new(Namespaces.Client, "error",
        new XmlAttribute("type", TypeText),
        new Element(Namespaces.StanzaErrors, Condition, ConditionText),
        Text is null ? null : new Element(Namespaces.StanzaErrors, "text", XmlAttribute.Lang("en"), Text),
        AppCondition);

    private string TypeText => Type switch
    {
        StanzaErrorType.Auth => "auth",
        StanzaErrorType.Cancel => "cancel",
        StanzaErrorType.Continue => "continue",
        StanzaErrorType.Modify => "modify",
        _ => "wait",
    };
}
