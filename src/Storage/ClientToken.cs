using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Storage;

/// <summary>A token that a client was given to sign in with (XEP-0484), as far as it is kept: see docs/adr/0009.</summary>
/// <param name="Mechanism">The only mechanism it is for.</param>
/// <param name="Binding">The channel binding it is for; empty without one.</param>
/// <param name="Verifier">What recognises who has it.</param>
/// <param name="Issued">When it was made.</param>
/// <param name="Expires">From when on it is not taken any more.</param>
public sealed record ClientToken(HtMechanism Mechanism, ReadOnlyMemory<byte> Binding, HtVerifier Verifier, DateTimeOffset Issued, DateTimeOffset Expires)
{
    /// <summary>The highest count the client has sent with it (§3.4); 0 when it sent none.</summary>
    public uint Count { get; init; }

    /// <summary>True: it is not taken any more, and is kept only to say so to who has it.</summary>
    public bool IsRevoked { get; init; }

    /// <summary>True when it may be used at this time.</summary>
    public bool IsLive(DateTimeOffset now) => !IsRevoked && now < Expires;
}
