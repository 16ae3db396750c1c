using PresenceXml.Storage;

namespace PresenceXml.Server.Streams;

/// <summary>How the account of a stream was proven.</summary>
/// <param name="Account">The account as it was then.</param>
/// <param name="Mechanism">By which mechanism.</param>
/// <param name="ByPassword">True for its password, false for a token.</param>
internal sealed record SignedIn(Account Account, string Mechanism, bool ByPassword)
{
    /// <summary>The client, when it has said which installation it is; null otherwise.</summary>
    public string? Client { get; init; }

    /// <summary>What it calls itself.</summary>
    public string Software { get; init; } = "";

    /// <summary>What it calls its device.</summary>
    public string Device { get; init; } = "";

    /// <summary><see cref="Routing.KnownClients.Revocations"/> before the password or the token was looked at.</summary>
    public int Revocations { get; init; }
}
