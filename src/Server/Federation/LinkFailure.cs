using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Federation;

/// <summary>Why a link could not be opened, or was lost.</summary>
/// <param name="At">When.</param>
/// <param name="Step">Where.</param>
/// <param name="Reason">For people.</param>
/// <param name="Condition">What senders are told.</param>
internal sealed record LinkFailure(DateTimeOffset At, LinkStep Step, string Reason, StanzaError Condition)
{
    /// <inheritdoc cref="LinkFailedException.Remedy"/>
    public string? Remedy { get; init; }
}
