using Microsoft.Extensions.DependencyInjection;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary>Puts the running server's side of the commands together.</summary>
internal static class CommandsSetup
{
    /// <summary>The control socket. Needs <see cref="ServerOptions"/>, the stores, <see cref="KnownClients"/>, <see cref="AccountRemoval"/> and the streams of servers.</summary>
    public static IServiceCollection AddCommands(this IServiceCollection services) => services
        .AddSingleton<IAdministration>(static provider => new AccountAdministration(
            provider.GetRequiredService<ServerOptions>(),
            provider.GetRequiredService<AccountStore>(),
            provider.GetRequiredService<RosterStore>(),
            provider.GetRequiredService<KnownClients>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<AccountRemoval>().DeleteAsync,
            provider.GetRequiredService<ServiceChanges>().SetAsync))
        .AddSingleton<FederationView>()
        .AddSingleton<WatcherAudit>()
        .AddHostedService<ControlServer>();
}
