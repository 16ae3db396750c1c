using PresenceXml.Storage;

namespace PresenceXml.Server.Routing;

/// <summary>A client that has signed in, and what it said of itself.</summary>
/// <param name="Id">Its name (<see cref="ClientStore.IdOf"/>).</param>
/// <param name="Mechanism">By which mechanism.</param>
/// <param name="ByPassword">True when it has proven that it knows the password; false when it has a token.</param>
/// <param name="Account">The account as it was then.</param>
internal sealed record ClientVisit(string Id, string Mechanism, bool ByPassword, Account Account)
{
    /// <summary>A client that connects again and again is written down each time something of it is new, and otherwise not more often than this.</summary>
    public static readonly TimeSpan NotedAgainAfter = TimeSpan.FromMinutes(10);

    public string Software { get; init; } = "";

    public string Device { get; init; } = "";

    /// <summary>The resource it asked for; "" when it asked for none.</summary>
    public string Resource { get; init; } = "";

    /// <summary>What is known of the client from now on.</summary>
    /// <param name="before">What was known; null for nothing.</param>
    /// <param name="now">The time.</param>
    public ClientRecord Note(ClientRecord? before, DateTimeOffset now)
    {
        ClientRecord known = before ?? new ClientRecord(Id, now);
        ClientRecord after = known with
        {
            Software = Software,
            Device = Device,
            Mechanism = Mechanism,
            Resource = Resource.Length > 0 ? Resource : known.Resource,
            KnowsPassword = ByPassword || known.KnowsPassword,
        };
        return before is not null && after == known && now - known.LastSeen < NotedAgainAfter ? before : after with { LastSeen = now };
    }
}
