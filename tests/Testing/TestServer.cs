using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Server;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Testing;

/// <summary>A whole server but for sockets: the real storage engine in a temporary folder, the real heart and modules, a clock that stands still.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly List<TestClient> clients = [];
    private readonly Settings settings;
    private readonly string folder;
    private ServiceProvider services;
    private StorageEngine engine;

    private TestServer(Settings settings, string folder, StorageEngine engine, ServiceProvider services)
    {
        this.settings = settings;
        this.folder = folder;
        this.engine = engine;
        this.services = services;
    }

    /// <summary>What a test may choose.</summary>
    public sealed class Settings
    {
        public ServerOptions Options { get; } = new();
        public ModuleOptionsSource ModuleOptions { get; } = new();
        public FakeTimeProvider Clock { get; set; } = new();
        public CapturedLog Log { get; } = new();
        public IReadOnlyList<Type> Modules { get; set; } = ModuleCatalog.Modules;

        /// <summary>Adds what a heart alone does not have.</summary>
        public Action<IServiceCollection> Services { get; set; } = static _ => { };

        /// <summary>Puts something around the engine, to see it fail for one.</summary>
        public Func<StorageEngine, StorageEngine> Engine { get; set; } = static engine => engine;
    }

    public FakeTimeProvider Clock => settings.Clock;

    public CapturedLog Log => settings.Log;

    public StorageEngine Engine => engine;

    public static async Task<TestServer> StartAsync(Action<Settings>? configure = null)
    {
        var settings = new Settings();
        configure?.Invoke(settings);
        string folder = Directory.CreateTempSubdirectory("presencexml-test-").FullName;
        try
        {
            (StorageEngine engine, ServiceProvider services) = await OpenAsync(settings, folder);
            return new TestServer(settings, folder, engine, services);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public T Get<T>() where T : notnull => services.GetRequiredService<T>();

    /// <summary>Accounts without keys: nobody logs in here, sessions are bound.</summary>
    public async Task AddAccountsAsync(params string[] accounts)
    {
        foreach (string account in accounts)
        {
            if (!await Get<AccountStore>().AddAsync(new Account(Jid.Parse(account), Clock.GetUtcNow())))
                throw new InvalidOperationException(account + " exists");
        }
    }

    /// <summary>Binds a resource and sends nothing yet.</summary>
    /// <param name="address">A full JID, or a bare one for a random resource.</param>
    /// <param name="reads">False: it takes nothing from its outbox until told.</param>
    public async Task<TestClient> ConnectAsync(string address, bool reads = true)
    {
        Jid jid = Jid.Parse(address);
        BindResult bound = await Get<SessionBinder>().BindAsync(jid.Bare, jid.Resource, CancellationToken.None);
        if (bound.Session is null)
            throw new InvalidOperationException($"{address} was refused: {bound.Error}");
        var client = new TestClient(bound.Session, Get<Router>(), Get<SessionBinder>(), reads);
        clients.Add(client);
        return client;
    }

    /// <summary>Connects, sends initial presence and takes in what comes of it.</summary>
    public async Task<TestClient> LoginAsync(string address, string presence = "<presence/>")
    {
        TestClient client = await ConnectAsync(address);
        await client.SendAsync(presence);
        await client.DrainAsync();
        return client;
    }

    /// <summary>Ends every client, closes the store and opens it again, as after a restart.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        (engine, services) = await OpenAsync(settings, folder);
    }

    /// <summary>Closes and opens with no goodbye of any session, as after a crash of the machine's power: what was not committed is not there.</summary>
    public async Task CrashAsync()
    {
        clients.Clear();
        await engine.DisposeAsync();
        await services.DisposeAsync();
        (engine, services) = await OpenAsync(settings, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<(StorageEngine, ServiceProvider)> OpenAsync(Settings settings, string folder)
    {
        StorageEngine engine = settings.Engine(await SqliteEngine.OpenAsync(folder));
        var services = new ServiceCollection();
        services
            .AddSingleton(settings.Options)
            .AddSingleton(settings.ModuleOptions)
            .AddSingleton<TimeProvider>(settings.Clock)
            .AddLogging(logging => logging.ClearProviders().AddProvider(settings.Log))
            .AddSingleton(engine)
            .AddSingleton<AccountStore>()
            .AddSingleton<RosterStore>()
            .AddSingleton<InboxStore>()
            .AddHeart();
        settings.Services(services);
        ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<ModuleHost>().Start(settings.Modules);
            await provider.GetRequiredService<VirtualTuples>().StartAsync(CancellationToken.None);
        }
        catch
        {
            await provider.DisposeAsync();
            await engine.DisposeAsync();
            throw;
        }
        return (engine, provider);
    }

    private async Task CloseAsync()
    {
        foreach (TestClient client in clients)
            await client.DisposeAsync();
        clients.Clear();
        await services.DisposeAsync();
        await engine.DisposeAsync();
    }
}
