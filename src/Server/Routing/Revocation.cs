namespace PresenceXml.Server.Routing;

/// <summary>What came of revoking a client's access.</summary>
public enum Revocation
{
    /// <summary>There is no such client.</summary>
    NotFound,

    /// <summary>Nothing lets it in any more.</summary>
    Done,

    /// <summary>Its sessions and tokens are gone, but it knows the password: only another one keeps it out (XEP-0494 §3.2).</summary>
    NeedsPassword,
}
