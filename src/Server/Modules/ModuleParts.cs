using PresenceXml.Server.Configuration;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Rules;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules;

/// <summary>The tables that modules fill while they register, and what they may open.</summary>
public sealed class ModuleParts(
    ServiceCatalog catalog, HandlerTable handlers, RuleChain rules, AccountStates states, StorageEngine engine, ModuleOptionsSource options)
{
    internal ServiceCatalog Catalog { get; } = catalog;
    internal HandlerTable Handlers { get; } = handlers;
    internal RuleChain Rules { get; } = rules;
    internal AccountStates States { get; } = states;
    internal StorageEngine Engine { get; } = engine;
    internal ModuleOptionsSource Options { get; } = options;

    /// <summary>Names of the keyed collections that are taken.</summary>
    internal HashSet<string> Collections { get; } = new(StringComparer.Ordinal);

    internal void Freeze()
    {
        Catalog.Freeze();
        Handlers.Freeze();
        Rules.Freeze();
        States.Freeze();
    }
}
