using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Federation;

/// <summary>A stanza that waits, or was sent and is not confirmed.</summary>
/// <param name="Stanza">What.</param>
/// <param name="Bytes">About what it takes on the wire.</param>
internal readonly record struct LinkEntry(Stanza Stanza, int Bytes)
{
    // What a stanza's tag and addresses cost beside its content, roughly.
    private const int StanzaOverhead = 160;

    public static LinkEntry Of(Stanza stanza) => new(stanza, stanza.Content.Length + StanzaOverhead);

    /// <summary>The error for who sent it; null when nobody is to be told: of an answer, a question of ours, or that somebody is gone (RFC 6120 §8.3.1, RFC 6121 §4.3).</summary>
    public static Stanza? Answer(Stanza stanza, StanzaError error) => stanza switch
    {
        Fetch or Iq { IsRequest: false } or { IsError: true } or Protocol.Stanzas.Presence { Type: PresenceType.Unavailable } => null,
        _ => stanza.ToError(error),
    };
}
