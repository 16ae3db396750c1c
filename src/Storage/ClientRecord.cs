namespace PresenceXml.Storage;

/// <summary>What is known of one client of an account: an installation that has signed in (XEP-0388 §2.3, XEP-0494).</summary>
/// <param name="Id">Its name, see <see cref="ClientStore"/>: opaque, and of this account only.</param>
/// <param name="FirstSeen">When it signed in first.</param>
public sealed record ClientRecord(string Id, DateTimeOffset FirstSeen)
{
    /// <summary>When it signed in last, or was last there.</summary>
    public DateTimeOffset LastSeen { get; init; } = FirstSeen;

    /// <summary>What it calls itself; "" when it does not say.</summary>
    public string Software { get; init; } = "";

    /// <summary>What it calls the device it runs on; "" when it does not say.</summary>
    public string Device { get; init; } = "";

    /// <summary>By which mechanism it signed in last.</summary>
    public string Mechanism { get; init; } = "";

    /// <summary>The resource it had last; "" when it had none.</summary>
    public string Resource { get; init; } = "";

    /// <summary>True when it has proven that it knows the password the account has now.</summary>
    public bool KnowsPassword { get; init; }

    /// <summary>The token it uses.</summary>
    public ClientToken? Current { get; init; }

    /// <summary>The token it was given last and has not used yet; the one before stays valid until it does (XEP-0484 §3.5).</summary>
    public ClientToken? Next { get; init; }

    /// <summary>True when it has a token it could use at this time.</summary>
    public bool HasToken(DateTimeOffset now) => Current?.IsLive(now) == true || Next?.IsLive(now) == true;

    /// <summary>As it is once all that lets it in is gone: another password, its tokens revoked.</summary>
    public ClientRecord Locked() => WithoutTokens() with { KnowsPassword = false };

    /// <summary>As it is once its tokens are revoked.</summary>
    public ClientRecord WithoutTokens() => this with
    {
        Current = Current is null ? null : Current with { IsRevoked = true },
        Next = Next is null ? null : Next with { IsRevoked = true },
    };
}
