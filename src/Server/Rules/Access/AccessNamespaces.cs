namespace PresenceXml.Server.Rules.Access;

/// <summary>The namespaces of rule documents.</summary>
internal static class AccessNamespaces
{
    /// <summary>RFC 4745 §13.</summary>
    public const string Policy = "urn:ietf:params:xml:ns:common-policy";

    /// <summary>RFC 5025 §11.</summary>
    public const string PresenceRules = "urn:ietf:params:xml:ns:pres-rules";

    /// <summary>Conditions and actions that neither RFC has; docs/protocol/access-rules.md.</summary>
    public const string Own = "urn:x-presencexml:access:0";
}
