using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>What one stream remembers of its tries to authenticate.</summary>
internal sealed class SaslProgress
{
    /// <summary>RFC 6120 §6.4.5: between 2 and 5.</summary>
    public const int MostFailures = 5;

    private HashSet<string>? unbound;

    /// <summary>The handshake that runs; null while none does.</summary>
    public SaslServer? Server { get; private set; }

    public string Mechanism { get; private set; } = "";

    /// <summary>The address the client wants to be, whether there is such an account or not; null while it named none that can be.</summary>
    public Jid? Address { get; set; }

    /// <summary>The account, null when there is none.</summary>
    public Account? Account { get; set; }

    /// <summary>The sign-in that this is part of (XEP-0388); null for SASL as in RFC 6120.</summary>
    public Sasl2.SignInProgress? SignIn { get; set; }

    /// <summary>True once a client was told to go on with something (XEP-0388 §2.6.3): it cannot begin again on this stream (§6.9).</summary>
    public bool HasContinued { get; set; }

    /// <summary><see cref="Routing.KnownClients.Revocations"/> before the account was looked up.</summary>
    public int Revocations { get; set; }

    /// <summary>True when this stream's address has logged in to the account before.</summary>
    public bool IsAtHome { get; set; }

    /// <summary>True when this handshake has come to the point where a password or a token is tried.</summary>
    public bool HasKeys { get; set; }

    /// <summary>Failures so far; changing the mechanism does not reset them.</summary>
    public int Failures { get; private set; }

    /// <summary>Starts a handshake; one that was running is dropped (RFC 6120 §6.4.2).</summary>
    public void Begin(string mechanism, SaslServer server)
    {
        End();
        Mechanism = mechanism;
        Server = server;
    }

    /// <summary>The handshake is over, one way or the other.</summary>
    public void End()
    {
        Server = null;
        Mechanism = "";
        Address = null;
        Account = null;
        HasKeys = false;
        IsAtHome = false;
    }

    /// <summary>
    /// Counts a failure. COMPAT: one where only the channel binding did not fit is forgiven once for each mechanism, so that a client
    /// that binds in another way (slixmpp: tls-unique) gets down its list to one that works before its tries are used up.
    /// </summary>
    /// <returns>True when it was one too many.</returns>
    public bool CountFailure(string mechanism, bool bindingMismatch)
    {
        if (bindingMismatch && (unbound ??= []).Add(mechanism)) return false;
        return ++Failures >= MostFailures;
    }
}
