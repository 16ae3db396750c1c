using System.Buffers;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Messaging;

/// <summary>The envelope in which a resource sees what another one received or sent (XEP-0280 1.0 §6, §7; XEP-0297 1.0).</summary>
internal static class CarbonWrap
{
    /// <summary>About what it adds to a message, in bytes.</summary>
    public const int Bytes = 320;

    private static ReadOnlySpan<byte> Received => "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"u8;

    private static ReadOnlySpan<byte> Sent => "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"u8;

    /// <summary>Writes the message in its envelope onto a client's stream.</summary>
    /// <param name="output">The stream.</param>
    /// <param name="account">The bare JID of the account.</param>
    /// <param name="to">The resource that is to see it.</param>
    /// <param name="message">The message. One the account sent to somebody else is <c>sent</c>, any other <c>received</c>.</param>
    /// <param name="stanzaId">The message's stanza-id as XML, inside the copy (XEP-0359 1.0 §3.1 lets each entity know it by the same one).</param>
    /// <param name="delay">When it was received as XML, for a copy that waited (XEP-0297 §4), or nothing.</param>
    public static void Write(IBufferWriter<byte> output, Jid account, Jid to, Message message, ReadOnlySpan<byte> stanzaId, ReadOnlySpan<byte> delay)
    {
        bool isSent = IsSent(account, message);
        // XEP-0280 §6: from the bare JID, or anybody could forge a carbon; the type of the original.
        var envelope = new Message { From = account, To = to, Type = message.Type, UnknownType = message.UnknownType };
        StanzaWriter.WriteWrapping(
            output, envelope, isSent ? Sent : Received, delay, message, stanzaId, isSent ? "</forwarded></sent>"u8 : "</forwarded></received>"u8);
    }

    // Who writes to himself has it once in his log, as received.
    private static bool IsSent(Jid account, Message message) => message.From?.Bare == account && message.To?.Bare != account;
}
