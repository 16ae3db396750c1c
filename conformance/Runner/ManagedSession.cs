using System.Globalization;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// A client's side of a session under stream management (XEP-0198 1.6.3): both counters, which outlive a connection. It finds out an
/// acknowledgement that no server may send, whatever the play is about.
/// </summary>
/// <param name="id">The SM-ID, null when the server gave none.</param>
/// <param name="full">The session's full JID.</param>
/// <param name="sent">What was sent between the request and the server's answer to it.</param>
public sealed class ManagedSession(string? id, string? full, uint sent)
{
    /// <summary>The namespace of stream management.</summary>
    public const string Ns = "urn:xmpp:sm:3";

    private uint acknowledged;

    public string? Id => id;
    public string? Full => full;

    /// <summary>Stanzas received: what the client would write into <c>h</c>.</summary>
    public uint Received { get; set; }

    /// <summary>Stanzas sent: what the server will write into <c>h</c> when it has handled all of them.</summary>
    public uint Sent { get; set; } = sent;

    /// <summary>Whether it is an acknowledgement or a request for one: neither is in the order of stanzas, and either may come at any time (§4).</summary>
    public static bool IsAcknowledgement(Element element) => element.Is(Ns, "a") || element.Is(Ns, "r");

    /// <summary>Notes how much the server has handled, from <c>a</c> or <c>resumed</c>.</summary>
    /// <exception cref="PlayFailedException">It cannot be: more than was sent, less than it said before, or no number.</exception>
    public void NoteHandled(Element told)
    {
        if (!uint.TryParse(told["h"], NumberStyles.None, CultureInfo.InvariantCulture, out var handled))
            throw new PlayFailedException("an h that is a number (XEP-0198 §4)", told.ToString());
        if (handled > Sent)
            throw new PlayFailedException($"an h of at most {Sent}, for no more was sent (XEP-0198 §4)", told.ToString());
        if (handled < acknowledged)
            throw new PlayFailedException($"an h of at least {acknowledged}, as it was before (XEP-0198 §4)", told.ToString());
        acknowledged = handled;
    }

    /// <summary>What either side has not handled is lost with the old line; whether the client sends it again is the play's to say.</summary>
    /// <param name="received">The <c>h</c> with which the session was resumed: what comes again counts again.</param>
    public void Resume(Element resumed, uint received)
    {
        NoteHandled(resumed);
        (Sent, Received) = (acknowledged, received);
    }
}
