using Microsoft.Extensions.DependencyInjection;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Appearance;
using PresenceXml.Server.Rules.Delivery;
using PresenceXml.Server.Rules.Privacy;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server;

/// <summary>
/// The heart's singletons, for the program and for tests alike. They need, registered beside them: <c>ServerOptions</c>,
/// <c>StorageEngine</c> with its stores, <c>ModuleOptionsSource</c>, <see cref="TimeProvider"/> and logging.
/// </summary>
public static class Heart
{
    /// <summary>Registers them. <see cref="ModuleHost.Start"/> is to be called before the first connection is accepted.</summary>
    public static IServiceCollection AddHeart(this IServiceCollection services) => services
        .AddSingleton<LocalDomains>()
        .AddSingleton<ComponentDomains>()
        .AddSingleton<RemoteDomains>()
        .AddSingleton<RuleChain>()
        .AddSingleton<Strengths>()
        .AddSingleton<VisibilityRules>()
        .AddSingleton<Watchers>()
        .AddSingleton<WatcherReader>()
        .AddSingleton<PrivacyLists>()
        .AddSingleton<AccessRules>()
        .AddSingleton<AccountStates>()
        .AddSingleton<AccountServices>()
        .AddSingleton<Presentities>()
        .AddSingleton<PresenceDelivery>()
        .AddSingleton<Fetches>()
        .AddSingleton<Notifications>()
        .AddSingleton<PresenceDocuments>()
        .AddSingleton<VirtualTuples>()
        .AddSingleton<TuplePublication>()
        .AddSingleton<AccessChanges>()
        .AddSingleton<PrivacyChanges>()
        .AddSingleton<ServiceChanges>()
        .AddSingleton<AccessUpdates>()
        .AddSingleton<RemotePresence>()
        .AddSingleton<InboundSubscriptions>()
        .AddSingleton<Subscriptions>()
        .AddSingleton<InstantInbox>()
        .AddSingleton<RetentionTerms>()
        .AddSingleton<InboxRetention>()
        .AddHostedService(static services => services.GetRequiredService<InboxRetention>())
        .AddSingleton<DeliveryRules>()
        .AddSingleton<DeliveryReports>()
        .AddSingleton<DeliveryErrands>()
        .AddSingleton<RequestFiling>()
        .AddSingleton<MessageDelivery>()
        .AddSingleton<ServiceCatalog>()
        .AddSingleton<HandlerTable>()
        .AddSingleton<CommandTable>()
        .AddSingleton<ModuleParts>()
        .AddSingleton<ModuleHost>()
        .AddSingleton<Dispatcher>()
        .AddSingleton<IqRouter>()
        .AddSingleton<Router>()
        .AddSingleton<RemoteRouter>()
        .AddSingleton<ResumableSessions>()
        .AddSingleton<SessionBinder>()
        .AddSingleton<SessionKeeper>()
        .AddHostedService(static services => services.GetRequiredService<SessionKeeper>())
        .AddSingleton<ClientStore>()
        .AddSingleton<KnownClients>()
        .AddSingleton<AccountRemoval>();
}
