using Microsoft.Extensions.DependencyInjection;
using PresenceXml.Server.Streams;

namespace PresenceXml.Server.Modules.Registration;

/// <summary>Puts registration before authentication beside the other stream features.</summary>
internal static class RegistrationSetup
{
    /// <summary>Needs the stores, the options and the streams' services.</summary>
    public static IServiceCollection AddRegistration(this IServiceCollection services) => services
        .AddSingleton<RegistrationService>()
        .AddSingleton<IStreamFeature, RegistrationFeature>();
}
