using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Modules.Registration;
using PresenceXml.Server.Streams;
using PresenceXml.Storage;
using PresenceXml.Storage.Sqlite;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>The whole server without sockets: real store, real heart, streams over pipes, a clock that stands still.</summary>
internal sealed class StreamHost : IAsyncDisposable
{
    public const string Password = "sesame";
    private readonly ServiceProvider services;
    private readonly List<Task> running = [];
    private readonly List<TestClient> clients = [];
    private readonly string folder;

    private StreamHost(ServiceProvider services, ServerOptions options, FakeTimeProvider time, LogWatch log)
    {
        this.services = services;
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

    public static async Task<StreamHost> StartAsync(Action<ServerOptions>? configure = null)
    {
        var options = new ServerOptions { DataDirectory = Directory.CreateTempSubdirectory("presencexml-streams-").FullName };
        // As cheap as is allowed: these tests are not about PBKDF2.
        options.Auth.ScramIterations = ScramKeys.MinimumIterations;
        configure?.Invoke(options);
        var time = new FakeTimeProvider();
        var log = new LogWatch();
        StorageEngine engine = await SqliteEngine.OpenTemporaryAsync();
        ServiceCollection collection = new();
        collection
            .AddLogging(logging => logging.AddProvider(log).SetMinimumLevel(LogLevel.Debug))
            .AddSingleton<TimeProvider>(time)
            .AddSingleton(options)
            .AddSingleton(engine)
            .AddSingleton<AccountStore>()
            .AddSingleton<RosterStore>()
            .AddSingleton<InboxStore>()
            .AddSingleton(new ModuleOptionsSource())
            .AddHeart()
            .AddClientStreams()
            .AddRegistration();
        ServiceProvider services = collection.BuildServiceProvider();
        services.GetRequiredService<ModuleHost>().Start(ModuleCatalog.Modules);
        var host = new StreamHost(services, options, time, log);
        foreach (string user in new[] { "juliet", "romeo" }) await host.AddAccountAsync(user);
        return host;
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
        running.Add(RunAsync());
        var client = new TestClient(pipes.ClientStream, pipes.HangUp);
        clients.Add(client);
        return client;

        async Task RunAsync()
        {
            using (stream) await stream.RunAsync(direct);
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
    public bool Ended => running.TrueForAll(stream => stream.IsCompleted);

    /// <summary>Waits for all streams to end; fails when one does not.</summary>
    public Task EndedAsync() => Task.WhenAll(running).WaitAsync(TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        foreach (TestClient client in clients) await client.DisposeAsync();
        await EndedAsync();
        // The container disposes what it made, and this was handed to it.
        StorageEngine engine = services.GetRequiredService<StorageEngine>();
        await services.DisposeAsync();
        await engine.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        Log.AssertNoErrors();
    }
}
