using PresenceXml.Server.Configuration;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Rules;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules;

/// <summary>The tables that modules fill while they register, and what they may open.</summary>
public sealed class ModuleParts(
    ServiceCatalog catalog, HandlerTable handlers, CommandTable commands, RuleChain rules, AccountStates states, AccessRules access, VirtualTuples tuples,
    Watchers watchers, StorageEngine engine,
    ModuleOptionsSource options)
{
    internal ServiceCatalog Catalog { get; } = catalog;
    internal HandlerTable Handlers { get; } = handlers;
    internal CommandTable Commands { get; } = commands;
    internal RuleChain Rules { get; } = rules;
    internal AccountStates States { get; } = states;

    /// <summary>Has its own state of each account, which it records when it is made: before modules register.</summary>
    internal AccessRules Access { get; } = access;

    /// <inheritdoc cref="Access"/>
    internal VirtualTuples Tuples { get; } = tuples;

    /// <summary>As <see cref="Access"/>.</summary>
    internal Watchers Watchers { get; } = watchers;
    internal StorageEngine Engine { get; } = engine;
    internal ModuleOptionsSource Options { get; } = options;

    /// <summary>Names of the keyed collections that are taken.</summary>
    internal HashSet<string> Collections { get; } = new(StringComparer.Ordinal);

    internal void Freeze()
    {
        Catalog.Freeze();
        Handlers.Freeze();
        Commands.Freeze();
        Rules.Freeze();
        States.Freeze();
    }
}
