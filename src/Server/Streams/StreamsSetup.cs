using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Federation.Dns;
using PresenceXml.Server.Streams.Components;
using PresenceXml.Server.Streams.Management;
using PresenceXml.Server.Streams.Sasl;
using PresenceXml.Server.Streams.Sasl2;
using PresenceXml.Server.Streams.Servers;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Streams;

/// <summary>Puts the streams together.</summary>
internal static class StreamsSetup
{
    // Less than the ten seconds in which a stopped server is to be gone.
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Clients, other servers and components over TCP. Needs <see cref="ServerOptions"/>, <see cref="Storage.AccountStore"/>, the session binder and the router as
    /// singletons. No HTTP is served.
    /// </summary>
    public static WebApplicationBuilder AddStreams(this WebApplicationBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddClientStreams();
        services.AddDns();
        services.AddServerStreams();
        services.AddSingleton<ClientListener>();
        services.AddSingleton<ServerListener>();
        services.AddSingleton<ComponentListener>();
        services.AddHostedService<StopSequence>();
        services.AddHostedService<Links>();
        services.AddSingleton<ServerDialer>();
        services.AddSingleton<Dial>(static services => services.GetRequiredService<ServerDialer>().ConnectAsync);
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

    /// <summary>Everything the streams of clients and components work with, without the listeners.</summary>
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
        services.AddSingleton<ComponentServices>();
        return services;
    }

    /// <summary>Everything a stream between servers works with, beside what clients need, without the listeners and without a <see cref="Dial"/>.</summary>
    public static IServiceCollection AddServerStreams(this IServiceCollection services)
    {
        services.TryAddSingleton(static services => Trust(services.GetRequiredService<ServerOptions>().Federation, services.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static services => services.GetRequiredService<RemoteDomains>().Policies);
        services.AddSingleton<DialbackKeys>();
        services.AddSingleton<IncomingStreams>();
        services.AddSingleton<Fences>();
        services.AddSingleton<BidiAttempts>();
        services.AddSingleton<InboundSessions>();
        services.AddSingleton<ServerServices>();
        services.AddSingleton<DialbackVerifier>();
        services.AddSingleton<LinkOpener>();
        services.AddSingleton<ILinkTester, LinkTester>();
        return services;
    }

    /// <exception cref="InvalidOperationException">The file of trusted certificates cannot be used; the text names it and says why.</exception>
    private static PeerTrust Trust(FederationOptions options, TimeProvider time)
    {
        var trusted = new X509Certificate2Collection();
        try
        {
            if (options.TrustedCertificates is { } file) trusted.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The certificates in {options.TrustedCertificates} cannot be used: {e.Message}", e);
        }
        return new PeerTrust(trusted, time);
    }

    private sealed class ListenerSetup(ServerOptions options, ClientListener clients, ServerListener servers, ComponentListener components) : IConfigureOptions<KestrelServerOptions>
    {
        public void Configure(KestrelServerOptions kestrel)
        {
            clients.Listen(kestrel, options.Listen);
            servers.Listen(kestrel, options.Listen);
            components.Listen(kestrel, options.Listen);
        }
    }
}
