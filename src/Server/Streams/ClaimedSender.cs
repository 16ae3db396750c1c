using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;

namespace PresenceXml.Server.Streams;

/// <summary>The <c>from</c> a client wrote itself: allowed, never used.</summary>
internal static class ClaimedSender
{
    /// <exception cref="StreamException">The client named an address that is not its own (RFC 6120 §8.1.2.1, §4.9.3.9).</exception>
    public static void Check(RawElement element, Jid session)
    {
        if (element["from"] is { } claimed && !(Jid.TryParse(claimed, out Jid? from) && (from == session || from == session.Bare)))
            throw new StreamException(StreamError.InvalidFrom);
    }
}
