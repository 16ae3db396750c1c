using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules;

/// <summary>A handler's answer; there is no way to return without one.</summary>
public readonly struct IqReply
{
    private IqReply(Element? payload, StanzaError? error, bool isSent = false)
    {
        Payload = payload;
        Error = error;
        IsSent = isSent;
    }

    /// <summary>An empty result.</summary>
    public static readonly IqReply Done = new(null, null);

    /// <summary>The handler has put its answer into the session's outbox itself, because it had to leave in the order of a gate (the roster's).</summary>
    internal static readonly IqReply Sent = new(null, null, isSent: true);

    public static IqReply Result(Element payload) => new(payload, null);

    public Element? Payload { get; }
    public StanzaError? Error { get; }
    internal bool IsSent { get; }

    public static implicit operator IqReply(StanzaError error) => new(null, error);
    public static implicit operator IqReply(Element payload) => new(payload, null);
}
