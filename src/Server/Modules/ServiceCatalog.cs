using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules;

/// <summary>An identity for service discovery (XEP-0030 §3.1).</summary>
public readonly record struct ServiceIdentity(string Category, string Type, string? Name);

/// <summary>What answers service discovery of one node (XEP-0030 §3.2, §4.2). Asked only by who may learn of the addressee at all.</summary>
public sealed record ServiceNode(IqHandler Info, IqHandler Items);

/// <summary>What the modules declared: service discovery and the stream features answer from here, and nothing else lists features.</summary>
public sealed class ServiceCatalog
{
    private readonly SortedSet<string>[] features = [new(StringComparer.Ordinal), new(StringComparer.Ordinal)];
    private readonly List<ServiceIdentity>[] identities = [[], []];
    private readonly List<Func<Element?>> streamFeatures = [];
    private readonly Dictionary<(Addressee, string), ServiceNode> nodes = [];
    private readonly SortedList<string, (Func<ClientSession, Element, Element?> Apply, string Module)> bindFeatures = new(StringComparer.Ordinal);
    private readonly List<Func<ClientSession, CancellationToken, ValueTask<Element?>>> bindAnswers = [];
    private readonly string[][] frozenFeatures = [[], []];
    private readonly List<Func<string, string?>> items = [];
    private bool frozen;

    /// <summary>The features of an addressee, in ordinal order (XEP-0115 §5.1 hashes them so).</summary>
    public IReadOnlyList<string> Features(Addressee addressee) => frozenFeatures[(int)addressee];

    /// <summary>The identities of an addressee, in the order of declaration.</summary>
    public IReadOnlyList<ServiceIdentity> Identities(Addressee addressee) => identities[(int)addressee];

    /// <summary>A node of an addressee, or null (XEP-0030 §3.2, §4.2).</summary>
    public ServiceNode? Node(Addressee addressee, string node) => nodes.GetValueOrDefault((addressee, node));

    /// <summary>The elements modules add to the stream features of an authenticated stream.</summary>
    public IEnumerable<Element> StreamFeatures()
    {
        foreach (Func<Element?> feature in streamFeatures)
        {
            if (feature() is { } element)
                yield return element;
        }
    }

    /// <summary>What a client can ask for while it binds (XEP-0386 §3.1), by its namespace.</summary>
    public IReadOnlyList<string> BindFeatures => [.. bindFeatures.Keys];

    /// <summary>What the modules tell each client that binds, asked or not.</summary>
    internal IReadOnlyList<Func<ClientSession, CancellationToken, ValueTask<Element?>>> BindAnswers => bindAnswers;

    /// <summary>What a module does with a client's wish; null where no module knows it.</summary>
    internal Func<ClientSession, Element, Element?>? FindBindFeature(string ns) => bindFeatures.TryGetValue(ns, out var found) ? found.Apply : null;

    /// <summary>The services of a domain of ours that are parts of this server (XEP-0030 §4).</summary>
    internal IEnumerable<string> Items(string domain) => items.Select(item => item(domain)).OfType<string>();

    internal void AddItem(Func<string, string?> item)
    {
        ThrowIfFrozen();
        items.Add(item);
    }

    /// <summary>Several modules may declare the same feature.</summary>
    internal void AddFeature(Addressee addressee, string ns)
    {
        ThrowIfFrozen();
        features[(int)addressee].Add(ns);
    }

    internal void AddIdentity(Addressee addressee, ServiceIdentity identity)
    {
        ThrowIfFrozen();
        if (!identities[(int)addressee].Contains(identity))
            identities[(int)addressee].Add(identity);
    }

    internal void AddStreamFeature(Func<Element?> feature)
    {
        ThrowIfFrozen();
        streamFeatures.Add(feature);
    }

    internal void AddNode(Addressee addressee, string name, ServiceNode node)
    {
        ThrowIfFrozen();
        if (!nodes.TryAdd((addressee, name), node))
            throw new InvalidOperationException($"Two modules have the node \"{name}\" of {addressee}.");
    }

    internal void AddBindFeature(string ns, Func<ClientSession, Element, Element?> apply, string module)
    {
        ThrowIfFrozen();
        if (!bindFeatures.TryAdd(ns, (apply, module)))
            throw new InvalidOperationException($"{module} and {bindFeatures[ns].Module} both take {ns} while a client binds.");
    }

    internal void AddBindAnswer(Func<ClientSession, CancellationToken, ValueTask<Element?>> answer)
    {
        ThrowIfFrozen();
        bindAnswers.Add(answer);
    }

    internal void Freeze()
    {
        for (int i = 0; i < features.Length; i++)
            frozenFeatures[i] = [.. features[i]];
        frozen = true;
    }

    private void ThrowIfFrozen()
    {
        if (frozen)
            throw new InvalidOperationException("Modules declare features while they register, not later.");
    }
}
