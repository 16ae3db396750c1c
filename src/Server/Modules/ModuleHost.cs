using Microsoft.Extensions.DependencyInjection;

namespace PresenceXml.Server.Modules;

/// <summary>Makes the modules, lets each register, and freezes what they recorded before the first connection is accepted.</summary>
public sealed class ModuleHost(IServiceProvider services, ModuleParts parts) : IAsyncDisposable
{
    private readonly List<IModule> modules = [];

    /// <summary>The running modules, in the order of the catalogue.</summary>
    public IReadOnlyList<IModule> Modules => modules;

    /// <summary>Creates and registers <paramref name="types"/>; constructor parameters are singletons of the process.</summary>
    /// <exception cref="InvalidOperationException">Two modules claim the same thing; the text names both.</exception>
    public void Start(IReadOnlyList<Type> types)
    {
        foreach (Type type in types)
        {
            var module = (IModule)ActivatorUtilities.CreateInstance(services, type);
            modules.Add(module);
            module.Register(new ModuleBuilder(type.Name, parts));
        }
        parts.Freeze();
    }

    /// <summary>Ends the modules that own something, last one first.</summary>
    public async ValueTask DisposeAsync()
    {
        for (int i = modules.Count - 1; i >= 0; i--)
        {
            if (modules[i] is IAsyncDisposable disposable)
                await disposable.DisposeAsync();
            else if (modules[i] is IDisposable plain)
                plain.Dispose();
        }
        modules.Clear();
    }
}
