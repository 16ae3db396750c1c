using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Streams.Management;
using PresenceXml.Server.Streams.Sasl;
using PresenceXml.Server.Streams.Sasl2;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Streams;

/// <summary>Puts the streams together.</summary>
internal static class StreamsSetup
{
    // Less than the ten seconds in which a stopped server is to be gone.
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Clients over TCP. Needs <see cref="ServerOptions"/>, <see cref="Storage.AccountStore"/>, the session binder and the router as
    /// singletons. No HTTP is served.
    /// </summary>
    public static WebApplicationBuilder AddStreams(this WebApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddClientStreams();
        services.AddSingleton<ClientListener>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, ListenerSetup>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        services.Configure<SocketTransportOptions>(sockets =>
        {
            // Nothing here blocks, so a socket's continuation may run at once: a third less CPU per stanza at low load.
            sockets.UnsafePreferInlineScheduling = true;
            sockets.MaxReadBufferSize = 64 * 1024;
        });
        return builder;
    }

    /// <summary>Everything a client's stream works with, without the listeners.</summary>
    public static IServiceCollection AddClientStreams(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<StreamClock>();
        services.AddSingleton<CertificateStore>();
        services.AddSingleton<MechanismOffer>();
        services.AddSingleton<KeyShapes>();
        services.AddSingleton<Credentials>();
        services.AddSingleton<LoginThrottle>();
        services.AddSingleton<ClientNotes>();
        services.AddSingleton<Tokens>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<KeyUpgrade>();
        services.AddSingleton<Bind2>();
        services.AddSingleton<SignIn>();
        // The order in which they are advertised.
        services.AddSingleton<IStreamFeature, StartTls>();
        services.AddSingleton<IStreamFeature, SaslNegotiation>();
        services.AddSingleton<IStreamFeature, Sasl2Negotiation>();
        services.AddSingleton<IStreamFeature, Bind>();
        services.AddSingleton<StreamManager>();
        services.AddSingleton<IStreamFeature>(static services => services.GetRequiredService<StreamManager>());
        services.AddSingleton<IStreamFeature, ClientState>();
        services.AddSingleton<IStreamFeature, LegacySession>();
        services.AddSingleton<IStreamFeature, ModuleFeatures>();
        services.AddSingleton<StreamServices>();
        return services;
    }

    private sealed class ListenerSetup(ServerOptions options, ClientListener listener) : IConfigureOptions<KestrelServerOptions>
    {
        public void Configure(KestrelServerOptions kestrel) => listener.Listen(kestrel, options.Listen);
    }
}
