using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Modules.Registration;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Streams;
using PresenceXml.Storage;
using PresenceXml.Storage.Sqlite;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>The whole server without sockets: real store, real heart, streams over pipes, a clock that stands still.</summary>
internal sealed class StreamHost : IAsyncDisposable
{
    public const string Password = "sesame";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly List<(PipePair Line, Task Run)> running = [];
    private readonly List<ClientStream> streams = [];
    private readonly List<TestClient> clients = [];
    private readonly string folder;
    private readonly Func<Task<StorageEngine>> openStore;
    private ServiceProvider services = null!;

    private StreamHost(ServerOptions options, FakeTimeProvider time, LogWatch log, Func<Task<StorageEngine>> openStore)
    {
        this.openStore = openStore;
        Options = options;
        folder = options.DataDirectory;
        Time = time;
        Log = log;
    }

    public ServerOptions Options { get; }
    public FakeTimeProvider Time { get; }
    public LogWatch Log { get; }
    public AccountStore Accounts => services.GetRequiredService<AccountStore>();

    /// <summary>The address of clients that do not say otherwise.</summary>
    public AddressPrefix Address { get; set; } = new(0xC0000201, false);

    public T Get<T>() where T : notnull => services.GetRequiredService<T>();

    /// <summary>Two accounts, and nobody there.</summary>
    /// <param name="configure">Changes the options.</param>
    /// <param name="engine">Puts something around the engine, to see it fail for one.</param>
    /// <param name="isLasting">True for a store that can be opened again.</param>
    public static async Task<StreamHost> StartAsync(Action<ServerOptions>? configure = null, Func<StorageEngine, StorageEngine>? engine = null, bool isLasting = false)
    {
        var options = new ServerOptions { DataDirectory = Directory.CreateTempSubdirectory("presencexml-streams-").FullName };
        // As cheap as is allowed: these tests are not about PBKDF2.
        options.Auth.ScramIterations = ScramKeys.MinimumIterations;
        configure?.Invoke(options);
        var host = new StreamHost(options, new FakeTimeProvider(), new LogWatch(), OpenStoreAsync);
        await host.OpenAsync();
        foreach (string user in new[] { "juliet", "romeo" }) await host.AddAccountAsync(user);
        return host;

        async Task<StorageEngine> OpenStoreAsync()
        {
            StorageEngine real = isLasting
                ? await SqliteEngine.OpenAsync(Path.Combine(options.DataDirectory, "store"), new StorageSettings { Create = true })
                : await SqliteEngine.OpenTemporaryAsync();
            return engine is null ? real : engine(real);
        }
    }

    private async Task OpenAsync()
    {
        StorageEngine engine = await openStore();
        ServiceCollection collection = new();
        collection
            .AddLogging(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Debug))
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton(Options)
            .AddSingleton(engine)
            .AddSingleton<AccountStore>()
            .AddSingleton<RosterStore>()
            .AddSingleton<InboxStore>()
            .AddSingleton(new ModuleOptionsSource())
            .AddHeart()
            .AddClientStreams()
            .AddRegistration();
        services = collection.BuildServiceProvider();
        services.GetRequiredService<ModuleHost>().Start(ModuleCatalog.Modules);
        // As the listener does: the clock runs for what has no connection too.
        services.GetRequiredService<StreamServices>();
    }

    /// <summary>Another process on the same store.</summary>
    /// <param name="isKilled">True: nobody was told that the first one ends, and what waited for its clients is lost with it.</param>
    public async Task RestartAsync(bool isKilled)
    {
        await CloseAsync(isKilled);
        await OpenAsync();
    }

    private async Task CloseAsync(bool isKilled)
    {
        if (!isKilled)
        {
            foreach (ClientStream stream in streams) stream.Stop(StreamError.SystemShutdown);
            await Get<SessionKeeper>().StopAsync(CancellationToken.None);
        }
        // What dead streams still do they do to a store that is gone.
        StorageEngine engine = services.GetRequiredService<StorageEngine>();
        if (isKilled) await engine.DisposeAsync();
        foreach (TestClient client in clients) await client.DisposeAsync();
        await EndedAsync();
        clients.Clear();
        streams.Clear();
        running.Clear();
        // The container disposes what it made, and this was handed to it.
        await services.DisposeAsync();
        if (!isKilled) await engine.DisposeAsync();
    }

    public async Task AddAccountAsync(string user, string password = Password, bool disabled = false)
    {
        byte[] salt = new byte[ScramKeys.SaltBytes];
        Random.Shared.NextBytes(salt);
        ScramHash[] hashes = [ScramHash.Sha1, ScramHash.Sha256, ScramHash.Sha512];
        var account = new Account(Jid.Parse($"{user}@localhost"), Time.GetUtcNow())
        {
            Keys = [.. hashes.Select(hash => ScramKeys.Derive(hash, password, salt, Options.Auth.ScramIterations))],
            Disabled = disabled,
        };
        await Accounts.AddAsync(account);
    }

    /// <summary>A new connection.</summary>
    public TestClient Connect(bool direct = false) => Connect(new PipePair(), direct);

    /// <summary>A new connection over given pipes.</summary>
    public TestClient Connect(PipePair pipes, bool direct = false)
    {
        var stream = new ClientStream(pipes.Server, Address, pipes.Abort, Get<StreamServices>());
        var client = new TestClient(pipes.ClientStream, pipes.HangUp);
        lock (running)
        {
            streams.Add(stream);
            running.Add((pipes, RunAsync()));
            clients.Add(client);
        }
        return client;

        async Task RunAsync()
        {
            await using (stream) await stream.RunAsync(direct);
            await pipes.Server.Output.CompleteAsync();
            await pipes.Server.Input.CompleteAsync();
        }
    }

    /// <summary>A client with a bound resource.</summary>
    public async Task<(TestClient Client, string FullJid)> LoginAsync(string user, string? resource = null)
    {
        TestClient client = Connect();
        string jid = await client.LoginAsync(user, Password, resource);
        return (client, jid);
    }

    /// <summary>True when no stream runs any more.</summary>
    public bool Ended => running.TrueForAll(static stream => stream.Run.IsCompleted);

    /// <summary>Waits for all streams to end; fails when one does not.</summary>
    public Task EndedAsync() => Task.WhenAll(running.Select(static stream => stream.Run)).WaitAsync(Patience);

    /// <summary>Waits for the stream on this line to end, and its session to have left it; fails when it does not.</summary>
    public Task EndedAsync(PipePair line) => running.Find(stream => stream.Line == line).Run.WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(isKilled: false);
        Directory.Delete(folder, recursive: true);
        Log.AssertNoErrors();
    }
}
