using Microsoft.Extensions.DependencyInjection;

namespace PresenceXml.Server.Configuration;

/// <summary>Hands the configuration out.</summary>
internal static class ConfigurationSetup
{
    /// <summary>The checked options, whole and section by section, and those of the modules.</summary>
    public static IServiceCollection AddConfiguration(this IServiceCollection services, ServerConfiguration configuration) => services
        .AddSingleton(configuration)
        .AddSingleton(configuration.Modules)
        .AddSingleton(configuration.Options)
        .AddSingleton(configuration.Options.Listen)
        .AddSingleton(configuration.Options.Tls)
        .AddSingleton(configuration.Options.Auth)
        .AddSingleton(configuration.Options.Limits)
        .AddSingleton(configuration.Options.Inbox);
}
