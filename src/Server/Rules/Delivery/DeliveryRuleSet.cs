using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules.Delivery.Tests;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>The DELIVERY RULES of one account (RFC 2778 §2.2): in order, with what its inbox demands of senders. Immutable, and swapped as a whole.</summary>
internal sealed class DeliveryRuleSet
{
    public const int MaxRules = 100;
    public const int MaxBytes = 64 * 1024;

    public static readonly DeliveryRuleSet Empty = new(0, Strength.None, [], isDefault: false);

    private readonly DeliveryRule[] active;
    private readonly Lazy<SearchValues<string>?> words;

    /// <param name="version">Grows with each change; 0: the account never had any.</param>
    /// <param name="demand">Who is less sure than this is refused.</param>
    /// <param name="rules">In order.</param>
    /// <param name="isDefault">True when they are the server's, since the account has none.</param>
    public DeliveryRuleSet(long version, Strength demand, ImmutableArray<DeliveryRule> rules, bool isDefault)
    {
        Version = version;
        Demand = demand;
        Rules = rules;
        IsDefault = isDefault;
        active = [.. rules.Where(static rule => !rule.IsOff)];
        UsesNotes = active.Any(static rule => rule.Any(static test => test is FromTest { UsesNotes: true }));
        UsesHeard = active.Any(static rule => rule.Any(static test => test is FromTest { IsFirst: not null }));
        Periods = [.. active.SelectMany(static rule => Rates(rule)).Distinct()];
        words = new(FindWords);
        // The demand refuses below itself.
        int highest = demand > Strength.None ? (int)demand - 1 : -1;
        foreach (DeliveryRule rule in active)
            highest = Math.Max(highest, (int)rule.Highest);
        Highest = highest;
    }

    public long Version { get; }

    public Strength Demand { get; }

    public ImmutableArray<DeliveryRule> Rules { get; }

    public bool IsDefault { get; }

    /// <summary>Those that are looked at.</summary>
    internal ReadOnlySpan<DeliveryRule> Active => active;

    /// <summary>The strength of a sender above which nothing here ever holds; −1: nothing holds for anybody.</summary>
    public int Highest { get; }

    /// <summary>True when a test asks with whom the account has written.</summary>
    public bool UsesNotes { get; }

    /// <summary>True when a test asks who has written to the account before.</summary>
    public bool UsesHeard { get; }

    /// <summary>Over what times stanzas of one sender are counted.</summary>
    public ImmutableArray<TimeSpan> Periods { get; }

    /// <summary>
    /// All texts that tests look for, to be found by one look: a text without any of them, as most are, need not be searched for each. Null: tests
    /// look for none.
    /// </summary>
    public SearchValues<string>? Words => words.Value;

    /// <summary>As it goes on the wire and into the store.</summary>
    public Element ToElement()
    {
        var element = new Element(DeliveryTest.Ns, "delivery", new XmlAttribute("ver", Version.ToString(CultureInfo.InvariantCulture)),
            Demand > Strength.None ? new Element(DeliveryTest.Ns, "demand", new XmlAttribute("auth", AuthTest.NameOf(Demand))) : null,
            Rules.Select(static rule => rule.ToElement()));
        return IsDefault ? element.With("default", "true") : element;
    }

    public DeliveryRuleSet At(long version) => new(version, Demand, Rules, isDefault: false);

    private SearchValues<string>? FindWords()
    {
        var found = new List<string>();
        foreach (DeliveryRule rule in active)
        {
            rule.Any(test =>
            {
                if (test is BodyTest { Contains: { } word })
                    found.Add(word);
                return false;
            });
        }
        return found.Count == 0 ? null : SearchValues.Create([.. found], StringComparison.OrdinalIgnoreCase);
    }

    private static List<TimeSpan> Rates(DeliveryRule rule)
    {
        var found = new List<TimeSpan>();
        rule.Any(test =>
        {
            if (test is RateTest rate)
                found.Add(rate.Per);
            return false;
        });
        return found;
    }
}
