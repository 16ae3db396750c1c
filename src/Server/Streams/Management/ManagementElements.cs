using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Streams.Management;

/// <summary>The elements of stream management (XEP-0198 1.6 §12).</summary>
internal static class ManagementElements
{
    public static readonly Element Feature = new(StreamManagement.Ns, "sm");

    /// <summary>Asks how much was handled (§4).</summary>
    public static readonly Element Request = new(StreamManagement.Ns, "r");

    /// <summary>What a server asks another for (§3).</summary>
    public static readonly Element Enable = new Element(StreamManagement.Ns, "enable").With("resume", "true");

    /// <summary>Asks to go on with a stream that was lost (§5).</summary>
    public static Element Resume(string id, uint h) => new Element(StreamManagement.Ns, "resume").With("previd", id).With("h", Text(h));

    /// <summary>So much was handled (§4).</summary>
    public static Element Acknowledgement(uint h) => new Element(StreamManagement.Ns, "a").With("h", Text(h));

    /// <summary>Stream management is on.</summary>
    /// <param name="id">The name by which the session can be resumed; null when it cannot.</param>
    /// <param name="seconds">How long it waits to be.</param>
    /// <param name="location">Where it is best resumed, or null.</param>
    public static Element Enabled(string? id, int seconds, string? location)
    {
        var enabled = new Element(StreamManagement.Ns, "enabled");
        return id is null ? enabled : enabled.With("id", id).With("resume", "true").With("max", Text((uint)seconds)).With("location", location);
    }

    /// <summary>The session goes on; <paramref name="h"/> of its client's stanzas were handled.</summary>
    public static Element Resumed(string id, uint h) => new Element(StreamManagement.Ns, "resumed").With("previd", id).With("h", Text(h));

    /// <summary>It did not work (§6), and what is known of the session that was asked for.</summary>
    public static Element Failed(StanzaError error, uint? h = null) =>
        new Element(StreamManagement.Ns, "failed", new Element(Namespaces.StanzaErrors, error.Condition)).With("h", h is { } handled ? Text(handled) : null);

    /// <summary>What a client is told that acknowledges more than it was sent (§6).</summary>
    public static StreamError TooHigh(uint h, uint sent) => StreamError.UndefinedCondition with
    {
        Text = $"You acknowledged {h} stanzas, but only {sent} were sent so far.",
        AppCondition = new Element(StreamManagement.Ns, "handled-count-too-high").With("h", Text(h)).With("send-count", Text(sent)),
    };

    /// <summary>xs:unsignedInt, or null.</summary>
    public static uint? Number(string? text) => uint.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out uint number) ? number : null;

    /// <summary>xs:boolean; what is none counts as false.</summary>
    public static bool IsTrue(string? text) => text is "true" or "1";

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
