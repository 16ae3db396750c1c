using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Federation;

/// <summary>A link could not be opened. The message is for people: what was tried, what the other side said, and, where that is known, what to fix.</summary>
/// <param name="step">Where.</param>
/// <param name="condition">What the senders of waiting stanzas are told (RFC 6120 §8.3.3.16, §8.3.3.17); its text is the message.</param>
/// <param name="message">For people.</param>
/// <param name="cause">What happened, if that was an exception.</param>
internal sealed class LinkFailedException(LinkStep step, StanzaError condition, string message, Exception? cause = null) : Exception(PeerText.Printable(message, MaxLength), cause)
{
    // It may repeat what others said, and goes into errors, logs and memory.
    private const int MaxLength = 1000;

    public LinkStep Step => step;

    public StanzaError Condition => condition with { Text = Message };

    /// <summary>What an operator can do about it, a sentence without its full stop (<see cref="Remedies"/>); null: nothing is known.</summary>
    public string? Remedy { get; init; }
}
