using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PresenceXml.Server.Commands;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Diagnostics;
using PresenceXml.Server.Hosting;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Modules.Registration;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Streams;
using PresenceXml.Server.Streams.Components;
using PresenceXml.Server.Streams.Servers;
using PresenceXml.Server.Streams.Tls;
using PresenceXml.Storage;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Server;

/// <summary>The only place that wires.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        CommandConsole console = TheConsole();
        // Before anything is hashed: without OpenSSL the runtime ends the process with a dump instead of a sentence.
        if (NativeDependencies.Missing() is { } missing)
        {
            await console.Error.WriteLineAsync($"presencexml: {missing}");
            return CommandLine.Refused;
        }
        BundledLibraries.Register();
        var host = new CommandHost
        {
            WorkingDirectory = Environment.CurrentDirectory,
            Environment = Environment.GetEnvironmentVariables(),
            Modules = ModuleOptionsSource.Find(ModuleCatalog.Modules),
            OpenStore = static async (directory, create, _) => await SqliteEngine.OpenAsync(directory, new StorageSettings { Create = create }),
            HasStore = static directory => File.Exists(Path.Combine(directory, Backup.StoreName)),
            RunServer = RunServerAsync,
        };
        return await new CommandLine(host, console).InvokeAsync(arguments);
    }

    /// <summary>Runs until SIGTERM or SIGINT.</summary>
    private static async Task RunServerAsync(ServerConfiguration configuration, CommandConsole console, CancellationToken cancel)
    {
        ServerOptions options = configuration.Options;
        // Kestrel without a listener would open one of its own.
        if (options.Listen.Client.Count + options.Listen.ClientTls.Count == 0) throw new CommandRefusedException("listen.client and listen.clientTls are both empty: nobody could connect");

        await using StorageEngine engine = await SqliteEngine.OpenAsync(options.DataDirectory);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddConfiguration(configuration)
            .AddDiagnostics(options.Log)
            .AddSingleton(engine)
            .AddSingleton<AccountStore>()
            .AddSingleton<RosterStore>()
            .AddSingleton<InboxStore>()
            .AddHeart()
            .AddCommands();
        builder.AddStreams();
        builder.Services.AddRegistration();
        await using WebApplication server = Build(builder);
        server.Services.GetRequiredService<ModuleHost>().Start(ModuleCatalog.Modules);
        await server.Services.GetRequiredService<VirtualTuples>().StartAsync(CancellationToken.None);
        await StartAsync(server, cancel);
        Announce(server, configuration, console);
        await server.WaitForShutdownAsync(cancel);
        ILogger log = Log(server);
        DiagnosticsLog.Stopped(log);
    }

    private static WebApplication Build(WebApplicationBuilder builder)
    {
        try
        {
            return builder.Build();
        }
        catch (InvalidOperationException e) when (e.InnerException is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A certificate that cannot be read or used, named with its files.
            throw new CommandRefusedException(e.Message, e);
        }
    }

    private static async Task StartAsync(WebApplication server, CancellationToken cancel)
    {
        try
        {
            await server.StartAsync(cancel);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // A port in use, a port that needs a privilege: the administrator's to mend, so one line.
            throw new CommandRefusedException(e.Message.Replace("http://", "", StringComparison.Ordinal), e);
        }
    }

    private static void Announce(WebApplication server, ServerConfiguration configuration, CommandConsole console)
    {
        ServerOptions options = configuration.Options;
        var clients = server.Services.GetRequiredService<ClientListener>();
        var servers = server.Services.GetRequiredService<ServerListener>();
        IReadOnlyList<ServerCertificate> certificates = server.Services.GetRequiredService<CertificateStore>().Certificates;
        IReadOnlyList<string> lines = StartBanner.Lines(new StartFacts(
            CommandLine.Version, options.Domains, configuration.File, options.DataDirectory,
            [
                new ListenerFact("clients, STARTTLS", clients.EndPoints, options.Listen.Client),
                new ListenerFact("clients, direct TLS", clients.DirectEndPoints, options.Listen.ClientTls),
                new ListenerFact("servers, STARTTLS", servers.EndPoints, options.Listen.Server),
                new ListenerFact("servers, direct TLS", servers.DirectEndPoints, options.Listen.ServerTls),
                new ListenerFact("components", server.Services.GetRequiredService<ComponentListener>().EndPoints, options.Listen.Component),
                new ListenerFact("web", [], options.Listen.Http),
            ],
            [.. certificates.Select(static one => new CertificateFact(one.Subject, one.Fingerprint, one.NotAfter, one.IsSelfSigned))],
            options.Tls.Required));
        if (options.Log.Format == "json")
        {
            ILogger log = Log(server);
            foreach (string line in lines) DiagnosticsLog.Banner(log, line);
            return;
        }
        foreach (string line in lines) console.Out.WriteLine(line);
        console.Out.Flush();
    }

    private static ILogger Log(WebApplication server) => server.Services.GetRequiredService<ILoggerFactory>().CreateLogger("PresenceXml.Server.Program");

#pragma warning disable RS0030 // The one place where the console is the console.
    private static CommandConsole TheConsole() => new(Console.Out, Console.Error, Console.In)
    {
        AskSecret = Console.IsInputRedirected || Console.IsErrorRedirected ? null : new HiddenInput(Console.Error, static () => Console.ReadKey(intercept: true)).Ask,
    };
#pragma warning restore RS0030
}
