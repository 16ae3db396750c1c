using System.Globalization;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>Whether a fetch is answered now.</summary>
/// <param name="RetryAfter">Null: it is. Otherwise how long the POLLER has to wait for its next answer.</param>
public readonly record struct FetchVerdict(TimeSpan? RetryAfter)
{
    /// <summary>It is answered.</summary>
    public static readonly FetchVerdict Answer;

    /// <summary>True when the watcher asks too often.</summary>
    public bool IsThrottled => RetryAfter is not null;

    /// <summary>What a poller is told (docs/protocol/watchers.md): when to ask again, and what would be better.</summary>
    public StanzaError Error => StanzaError.PolicyViolation with
    {
        Type = StanzaErrorType.Wait,
        Text = "You ask too often. Subscribe instead: you will be told of every change.",
        AppCondition = new Element(
            Watchers.Ns, "retry", new XmlAttribute("after", Math.Ceiling(RetryAfter.GetValueOrDefault().TotalSeconds).ToString(CultureInfo.InvariantCulture))),
    };
}
