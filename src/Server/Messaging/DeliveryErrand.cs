using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Messaging;

/// <summary>Something that a rule wants done beside the delivery.</summary>
/// <param name="Account">Whose rule.</param>
/// <param name="Message">What is to be sent; null: a report, or nothing.</param>
/// <param name="Reported">What is reported; null: nothing.</param>
/// <param name="Reason">Why.</param>
/// <param name="Done">Is set when everything before it was done.</param>
internal sealed record DeliveryErrand(Jid Account, Message? Message, Stanza? Reported = null, string? Reason = null, TaskCompletionSource? Done = null)
{
    /// <summary>About what it takes in memory.</summary>
    public long Bytes => (Message?.Content.Length ?? 0) + (Reported?.Content.Length ?? 0);
}
