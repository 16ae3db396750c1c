using Microsoft.Extensions.DependencyInjection;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Federation.Dns;

/// <summary>Puts the resolver together.</summary>
internal static class DnsSetup
{
    /// <summary>
    /// <see cref="ServiceResolver"/> and <see cref="TargetConnector"/>. Need, registered beside them: <see cref="ServerOptions"/> and
    /// <see cref="TimeProvider"/>.
    /// </summary>
    public static IServiceCollection AddDns(this IServiceCollection services) => services
        .AddSingleton(static services => services.GetRequiredService<ServerOptions>().Dns)
        .AddSingleton(static services => new WatchedFile<HostsFile>(HostsFile.SystemPath, HostsFile.Parse, services.GetRequiredService<TimeProvider>()))
        .AddSingleton<DnsTransport>()
        .AddSingleton(static services => Client(services.GetRequiredService<DnsOptions>(), services.GetRequiredService<DnsTransport>(), services.GetRequiredService<TimeProvider>()))
        .AddSingleton(static services => new ServiceResolver(services.GetRequiredService<DnsClient>(), services.GetRequiredService<DnsOptions>(), Random.Shared))
        .AddSingleton<TargetConnector>();

    private static DnsClient Client(DnsOptions options, DnsTransport transport, TimeProvider clock)
    {
        TimeSpan timeout = TimeSpan.FromSeconds(options.TimeoutSeconds);
        return new DnsClient(
            new Nameservers(Configuration(options, clock), transport, timeout, clock),
            new DnsCache(options.CacheRecords, clock),
            new Turns(options.Questions, DnsClient.Patience, clock),
            timeout, clock);
    }

    private static Func<ResolvConf> Configuration(DnsOptions options, TimeProvider clock)
    {
        if (options.Servers.Count > 0)
        {
            var configured = new ResolvConf { Servers = [.. options.Servers.Select(NameserverAddress.Parse).Distinct()] };
            return () => configured;
        }
        var file = new WatchedFile<ResolvConf>(ResolvConf.SystemPath, ResolvConf.Parse, clock);
        return () => file.Value;
    }
}
