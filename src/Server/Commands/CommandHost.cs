using System.Collections;
using PresenceXml.Server.Configuration;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary>What the commands need of the program around them.</summary>
public sealed class CommandHost
{
    /// <summary>Where relative paths on the command line count from.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The environment's variables.</summary>
    public required IDictionary Environment { get; init; }

    /// <summary>The modules' sections of the configuration.</summary>
    public required IReadOnlyDictionary<string, Type> Modules { get; init; }

    /// <summary>Opens the store in a data directory under its lock; makes one only when told to.</summary>
    public required Func<string, bool, CancellationToken, Task<StorageEngine>> OpenStore { get; init; }

    /// <summary>True when there is a store in a data directory.</summary>
    public required Func<string, bool> HasStore { get; init; }

    /// <summary>Runs the server until it is told to stop.</summary>
    public required Func<ServerConfiguration, CommandConsole, CancellationToken, Task> RunServer { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Loads the configuration that <c>--config</c> names.</summary>
    public ServerConfiguration Load(string? file) => ServerConfiguration.Load(file, WorkingDirectory, Environment, Modules);

    /// <summary>A path from the command line in full.</summary>
    public string FullPath(string path) => Path.GetFullPath(path, WorkingDirectory);
}
