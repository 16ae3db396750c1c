using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary>The way to the accounts for one command: the server that runs, or the store itself under its lock.</summary>
internal sealed class AdministrationSession : IAsyncDisposable
{
    private readonly StorageEngine? engine;

    private AdministrationSession(IAdministration administration, StorageEngine? engine)
    {
        Administration = administration;
        this.engine = engine;
    }

    public IAdministration Administration { get; }

    /// <summary>True when a server that runs does what is asked.</summary>
    public bool IsLive => engine is null;

    /// <summary>Opens it.</summary>
    /// <param name="host">The program.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="create">Make a store where there is none.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="CommandRefusedException">There is no store, or it cannot be opened.</exception>
    public static async Task<AdministrationSession> OpenAsync(CommandHost host, ServerOptions options, bool create, CancellationToken cancel)
    {
        if (await ControlClient.TryConnectAsync(options.DataDirectory, cancel) is { } client) return new AdministrationSession(client, null);
        if (!create && !host.HasStore(options.DataDirectory))
            throw new CommandRefusedException($"there is no store in {options.DataDirectory}; start the server once, or name the right --config, or say --create where the command has it");
        StorageEngine engine = await host.OpenStore(options.DataDirectory, create, cancel);
        var accounts = new AccountStore(engine);
        var clients = new KnownClients(new ClientStore(accounts), options, host.Time, NullLogger<KnownClients>.Instance);
        return new AdministrationSession(new AccountAdministration(options, accounts, new RosterStore(engine), clients, host.Time), engine);
    }

    public ValueTask DisposeAsync() => engine?.DisposeAsync() ?? ValueTask.CompletedTask;
}
