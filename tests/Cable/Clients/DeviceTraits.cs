namespace PresenceXml.Cable.Clients;

/// <summary>What a device's client can do and how it behaves.</summary>
/// <param name="Managed">Stream management (XEP-0198) with resumption.</param>
/// <param name="Catches">Catches up by the archive (XEP-0313).</param>
/// <param name="Carbons">Enables carbons (XEP-0280).</param>
/// <param name="Resends">Sends again, with the same origin-id, what was not acknowledged when its session is gone.</param>
/// <param name="TrustsLive">Takes the stanza-id of a live message as the point up to which it knows the archive, as some clients do; else only what a page told.</param>
/// <param name="Modern">Signs in over TLS with everything in one exchange (XEP-0388, XEP-0386), where the server has that. Only with MAM: what waits is then not sent.</param>
internal sealed record DeviceTraits(bool Managed, bool Catches, bool Carbons, bool Resends = true, bool TrustsLive = false, bool Modern = false)
{
    /// <summary>Tells clients with the same rights apart in the report.</summary>
    public string Kind => (Managed, Catches) switch
    {
        (true, true) => "SM and MAM",
        (true, false) => "SM",
        (false, true) => "MAM",
        _ => "neither",
    };

    public override string ToString() => Kind + (Carbons ? ", carbons" : "") + (Resends ? "" : ", never resends") + (TrustsLive ? ", trusts live ids" : "") + (Modern ? ", modern" : "");
}
