using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules.Commands;

/// <summary>What can be wrong with a command (XEP-0050 §4.4, Table 5).</summary>
internal static class CommandErrors
{
    public static readonly StanzaError MalformedAction = Of(StanzaError.BadRequest, "malformed-action");
    public static readonly StanzaError BadAction = Of(StanzaError.BadRequest, "bad-action");
    public static readonly StanzaError BadPayload = Of(StanzaError.BadRequest, "bad-payload");
    public static readonly StanzaError BadSessionId = Of(StanzaError.BadRequest, "bad-sessionid");
    public static readonly StanzaError SessionExpired = Of(StanzaError.NotAllowed, "session-expired");

    private static StanzaError Of(StanzaError error, string condition) => error with { AppCondition = new Element(CommandsModule.Ns, condition) };
}
