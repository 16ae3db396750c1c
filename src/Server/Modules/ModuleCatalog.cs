namespace PresenceXml.Server.Modules;

/// <summary>Every module, one line each.</summary>
public static class ModuleCatalog
{
    public static IReadOnlyList<Type> Modules { get; } =
    [
        typeof(Roster.RosterModule),
        typeof(AccessPolicy.AccessRulesModule),
        typeof(Archive.ArchiveModule),
        typeof(Blocking.BlockingModule),
        typeof(Carbons.CarbonsModule),
        typeof(Clients.ClientsModule),
        typeof(ClientState.ClientStateModule),
        typeof(Delivery.DeliveryModule),
        typeof(Disco.DiscoModule),
        typeof(Fetch.FetchModule),
        typeof(Inbox.InboxModule),
        typeof(Invisible.InvisibleModule),
        typeof(LastActivity.LastActivityModule),
        typeof(Offline.OfflineModule),
        typeof(OfflineRetrieval.OfflineRetrievalModule),
        typeof(Ping.PingModule),
        typeof(Privacy.PrivacyModule),
        typeof(PrivateStorage.PrivateStorageModule),
        typeof(Registration.RegistrationModule),
        typeof(Services.ServicesModule),
        typeof(Time.TimeModule),
        typeof(Tuples.TuplesModule),
        typeof(VCard.VCardModule),
        typeof(Version.VersionModule),
        typeof(Watching.WatchersModule),
        typeof(Watching.VisibilityModule),
        // The last: it lists what the others declared.
        typeof(Commands.CommandsModule),
    ];
}
