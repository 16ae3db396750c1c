using System.Collections.Concurrent;
using System.Collections.Immutable;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Access;

/// <summary>
/// The access rules of a presentity (RFC 4745, RFC 5025). All rules that hold count together: the highest handling, the union of what they show;
/// then what overrides and what is hidden. Immutable; what follows from each set of rules that hold is worked out once.
/// </summary>
internal sealed class AccessRuleSet
{
    /// <summary>Rules one presentity can have: one bit each.</summary>
    public const int MaxRules = 64;

    /// <summary>No rules.</summary>
    public static readonly AccessRuleSet Empty = new([], ImmutableDictionary<string, string>.Empty, null, "0", null);

    /// <summary>Rules that are stored and cannot be read: everybody is shut out, politely, until their owner has written others.</summary>
    public static AccessRuleSet Unreadable(string version, Element document) => new(
        [new AccessRule("unreadable") { Handling = AccessHandling.PoliteBlock, IsOverride = true }], ImmutableDictionary<string, string>.Empty, null, version, document);

    private readonly ConcurrentDictionary<ulong, Combined> combined = new();
    private readonly ImmutableDictionary<string, string> classes;

    public AccessRuleSet(ImmutableArray<AccessRule> rules, ImmutableDictionary<string, string> classes, string? sphere, string version, Element? document)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rules.Length, MaxRules, nameof(rules));
        Rules = rules;
        this.classes = classes;
        Sphere = sphere;
        Version = version;
        Document = document;
        UsesStrength = Any<StrengthCondition>();
        UsesContacts = Any<GroupCondition>() || Any<SubscriptionCondition>();
        UsesWatchers = Any<PollerCondition>() || Any<VisibilityCondition>();
    }

    public ImmutableArray<AccessRule> Rules { get; }

    /// <summary>What the presentity says of where it is, or null.</summary>
    public string? Sphere { get; }

    /// <summary>Another after each change.</summary>
    public string Version { get; }

    /// <summary>As the owner wrote it; null for none.</summary>
    public Element? Document { get; }

    /// <summary>True when a condition asks how sure it is who somebody is.</summary>
    public bool UsesStrength { get; }

    /// <summary>True when a condition asks for groups or subscriptions.</summary>
    public bool UsesContacts { get; }

    /// <summary>True when a condition asks what watchers did.</summary>
    public bool UsesWatchers { get; }

    /// <summary>What the rules that hold come to.</summary>
    public Combined Ask(in AccessQuestion question)
    {
        ulong holding = 0;
        for (int i = 0; i < Rules.Length; i++)
        {
            if (Rules[i].Holds(question))
                holding |= 1UL << i;
        }
        return holding == 0 ? Combined.Silent : combined.TryGetValue(holding, out Combined? known) ? known : combined.GetOrAdd(holding, Combine);
    }

    /// <summary>When an answer may next become another by time alone; null: never.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset after)
    {
        DateTimeOffset? next = null;
        foreach (AccessRule rule in Rules)
        {
            foreach (AccessCondition condition in rule.Conditions)
            {
                if (condition.NextChange(after) is { } change && (next is null || change < next))
                    next = change;
            }
        }
        return next;
    }

    private Combined Combine(ulong holding)
    {
        AccessHandling? handling = null, overriding = null;
        AccessGrant? grant = null;
        AccessDenial? denial = null;
        for (int i = 0; i < Rules.Length; i++)
        {
            if ((holding & (1UL << i)) == 0)
                continue;
            AccessRule rule = Rules[i];
            if (rule.Handling is { } said)
            {
                if (rule.IsOverride)
                    overriding = overriding is { } lower && lower < said ? lower : said;
                else
                    handling = handling is { } higher && higher > said ? higher : said;
            }
            grant = rule.Grant is null ? grant : grant is null ? rule.Grant : Union(grant, rule.Grant);
            denial = rule.Denial is null ? denial : denial is null ? rule.Denial : Union(denial, rule.Denial);
        }
        return new Combined(overriding ?? handling, View(grant, denial));
    }

    private PresenceView View(AccessGrant? grant, AccessDenial? denial)
    {
        grant ??= new AccessGrant { Parts = PresenceParts.All, AllTuples = true };
        denial ??= new AccessDenial();
        bool allTuples = grant.AllTuples || grant.Tuples.IsEmpty;
        bool isAll = grant.Parts == PresenceParts.All && allTuples && denial is { Parts: PresenceParts.None, Named.IsEmpty: true, Tuples.IsEmpty: true, Substitute: null }
            && denial.Fuzz <= TimeSpan.Zero;
        return isAll ? PresenceView.All : new PresenceView(classes, grant.Parts & ~denial.Parts)
        {
            Named = grant.Named,
            Hidden = denial.Named,
            ShowsAllTuples = allTuples,
            ShownTuples = grant.Tuples,
            HiddenTuples = denial.Tuples,
            Substitute = denial.Substitute,
            Fuzz = denial.Fuzz,
        };
    }

    private static AccessGrant Union(AccessGrant a, AccessGrant b) => new()
    {
        Parts = a.Parts | b.Parts,
        Named = a.Named.Union(b.Named),
        AllTuples = a.AllTuples || b.AllTuples,
        Tuples = a.Tuples.Or(b.Tuples),
    };

    // Of two substitutes the first rule's counts; of two roundings the coarser.
    private static AccessDenial Union(AccessDenial a, AccessDenial b) => new()
    {
        Parts = a.Parts | b.Parts,
        Named = a.Named.Union(b.Named),
        Tuples = a.Tuples.Or(b.Tuples),
        Substitute = a.Substitute is { } first ? new Substitute(first.Show ?? b.Substitute?.Show, first.Note ?? b.Substitute?.Note) : b.Substitute,
        Fuzz = a.Fuzz > b.Fuzz ? a.Fuzz : b.Fuzz,
    };

    private bool Any<T>() where T : AccessCondition
    {
        foreach (AccessRule rule in Rules)
        {
            foreach (AccessCondition condition in rule.Conditions)
            {
                if (condition is T)
                    return true;
            }
        }
        return false;
    }

    /// <summary>What some rules say together.</summary>
    /// <param name="Handling">What becomes of the watcher; null: they do not say, and his subscription decides.</param>
    /// <param name="View">What he sees where he sees something.</param>
    internal sealed record Combined(AccessHandling? Handling, PresenceView View)
    {
        /// <summary>No rule holds.</summary>
        public static readonly Combined Silent = new(null, PresenceView.All);
    }
}
