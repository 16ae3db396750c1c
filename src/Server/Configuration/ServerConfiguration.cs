using System.Collections;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Configuration;

/// <summary>The configuration in force: defaults, overridden by the file, overridden by the environment; checked.</summary>
public sealed class ServerConfiguration
{
    /// <summary>The file read when none is named, in the working directory; it need not exist.</summary>
    public const string DefaultFile = "server.config.json";

    internal const string ModulesKey = "modules";

    private ServerConfiguration(string? file, string baseDirectory, ServerOptions options, ModuleOptionsSource modules)
    {
        File = file;
        BaseDirectory = baseDirectory;
        Options = options;
        Modules = modules;
    }

    /// <summary>The full path of the file that was read; null when there was none.</summary>
    public string? File { get; }

    /// <summary>Where relative paths counted from.</summary>
    public string BaseDirectory { get; }

    public ServerOptions Options { get; }
    public ModuleOptionsSource Modules { get; }

    /// <summary>Loads and checks.</summary>
    /// <param name="file">The file named on the command line; null: <see cref="DefaultFile"/> if it exists.</param>
    /// <param name="workingDirectory">Where <paramref name="file"/> counts from.</param>
    /// <param name="environment">The environment's variables.</param>
    /// <param name="modules">The modules' sections, see <see cref="ModuleOptionsSource.Find"/>.</param>
    /// <exception cref="ConfigurationException">With every problem found.</exception>
    public static ServerConfiguration Load(string? file, string workingDirectory, IDictionary environment, IReadOnlyDictionary<string, Type> modules)
    {
        string path = Path.GetFullPath(file ?? DefaultFile, workingDirectory);
        bool exists = System.IO.File.Exists(path);
        if (file is not null && !exists) throw new ConfigurationException($"{path}: there is no such file");
        ConfigNode root = exists ? ConfigFile.Read(path) : new ConfigNode(ConfigNodeKind.Section, DefaultFile);
        ConfigEnvironment.Overlay(root, environment);
        string baseDirectory = exists ? Path.GetDirectoryName(path)! : workingDirectory;
        return Bind(exists ? path : null, baseDirectory, root, modules);
    }

    /// <summary>Every path of the whole configuration to a value.</summary>
    internal static IReadOnlyList<string> KnownPaths(IReadOnlyDictionary<string, Type> modules) =>
        [.. OptionModel.Paths(typeof(ServerOptions)), .. modules.SelectMany(static module => OptionModel.Paths(module.Value, $"{ModulesKey}.{module.Key}."))];

    private static ServerConfiguration Bind(string? file, string baseDirectory, ConfigNode root, IReadOnlyDictionary<string, Type> modules)
    {
        IReadOnlyList<string> known = KnownPaths(modules);
        var binder = new OptionsBinder(baseDirectory);
        var options = new ServerOptions();
        binder.Bind(options, root, "", [ModulesKey], known);
        options.Domains = Domains(options.Domains, root.Members.GetValueOrDefault("domains") ?? root, binder);

        options.Components = Components(options, root.Members.GetValueOrDefault("components") ?? root, binder);

        ConfigNode? section = root.Members.GetValueOrDefault(ModulesKey);
        var bound = new List<KeyValuePair<string, object>>();
        if (section is { Kind: not ConfigNodeKind.Section }) binder.Add(section.Origin, ModulesKey, $"expected a section {{ … }}, not {section.Quoted}");
        foreach ((string name, ConfigNode value) in section?.Members ?? [])
        {
            if (!modules.Keys.Contains(name, StringComparer.OrdinalIgnoreCase))
                binder.Add(value.Origin, $"{ModulesKey}.{name}", OptionsBinder.Unknown(name, modules.Keys, known).Replace("unknown key", "unknown module", StringComparison.Ordinal));
        }
        foreach ((string name, Type type) in modules)
        {
            object target = Activator.CreateInstance(type)!;
            binder.Bind(target, section?.Members.GetValueOrDefault(name), $"{ModulesKey}.{name}", [], known);
            bound.Add(new(name, target));
        }
        if (binder.Problems.Count > 0) throw new ConfigurationException(binder.Problems);
        return new ServerConfiguration(file, baseDirectory, options, new ModuleOptionsSource(bound));
    }

    private static Dictionary<string, ComponentOptions> Components(ServerOptions options, ConfigNode node, OptionsBinder binder)
    {
        var prepared = new Dictionary<string, ComponentOptions>(StringComparer.Ordinal);
        foreach ((string domain, ComponentOptions component) in options.Components)
        {
            string origin = node.Members.GetValueOrDefault(domain)?.Origin ?? node.Origin;
            if (!JidPreparation.TryDomain(domain, out string? canonical)) binder.Add(origin, $"components.{domain}", "is no domain name");
            else if (options.Domains.Contains(canonical, StringComparer.Ordinal)) binder.Add(origin, $"components.{domain}", "is one of \"domains\", whose addresses are accounts; a component needs a domain of its own, such as \"irc." + canonical + "\"");
            else if (!prepared.TryAdd(canonical, component)) binder.Add(origin, $"components.{domain}", "stands here twice");
        }
        return prepared;
    }

    private static List<string> Domains(IReadOnlyList<string> domains, ConfigNode node, OptionsBinder binder)
    {
        var prepared = new List<string>();
        foreach (string domain in domains)
        {
            if (!JidPreparation.TryDomain(domain, out string? canonical)) binder.Add(node.Origin, "domains", $"\"{domain}\" is no domain name");
            else if (prepared.Contains(canonical, StringComparer.Ordinal)) binder.Add(node.Origin, "domains", $"\"{domain}\" stands here twice");
            else prepared.Add(canonical);
        }
        if (domains.Count == 0) binder.Add(node.Origin, "domains", "expected at least one domain name");
        return prepared;
    }
}
