using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Appearance;

/// <summary>VISIBILITY RULES of one watcher (RFC 2778 §2.4): the first that holds decides. Immutable.</summary>
/// <param name="Rules">In the order in which they are asked.</param>
/// <param name="Default">Where none holds.</param>
public sealed record VisibilityRuleSet(IReadOnlyList<VisibilityRule> Rules, Visibility Default)
{
    /// <summary>The namespace of the rules, and of the hint that tells another server how a watcher wants to appear.</summary>
    public const string Ns = "urn:x-presencexml:visibility:0";

    /// <summary>Of who has none: everybody he watches sees him.</summary>
    public static readonly VisibilityRuleSet Empty = new([], Visibility.Full);

    /// <summary>How the watcher appears to a presentity.</summary>
    /// <param name="presentity">Whom he watches.</param>
    /// <param name="contact">His roster item of it, or null.</param>
    public Visibility Of(Jid presentity, RosterItem? contact)
    {
        foreach (VisibilityRule rule in Rules)
        {
            if (rule.Holds(presentity, contact))
                return rule.Show;
        }
        return Default;
    }

    /// <summary>As on the wire (docs/protocol/visibility.md).</summary>
    public Element ToElement() => new(
        Ns, "visibility",
        Rules.Select(static rule => new Element(
            Ns, "rule", new XmlAttribute("for", $"{Word(rule.Scope)}:{rule.Name}"), new XmlAttribute("show", Word(rule.Show)))),
        new Element(Ns, "default", new XmlAttribute("show", Word(Default))));

    /// <summary>Reads what a client sent, or what was stored. Null: <paramref name="problem"/> says what is wrong.</summary>
    public static VisibilityRuleSet? Read(Element document, out string? problem)
    {
        var rules = new List<VisibilityRule>();
        Visibility? otherwise = null;
        foreach (Element child in document.Children)
        {
            bool isRule = child.Is(Ns, "rule");
            problem = !isRule && !child.Is(Ns, "default") ? $"<{child.LocalName}/> is neither a rule nor the default"
                : TryShow(child["show"]) is null ? "show is full, coarse, count or none"
                : !isRule && otherwise is not null ? "there is one default"
                : null;
            if (problem is not null)
                return null;
            if (!isRule)
                otherwise = TryShow(child["show"]);
            else if (ReadRule(child["for"] ?? "", TryShow(child["show"])!.Value) is { } rule)
                rules.Add(rule);
            else
                problem = "a rule is for jid:, domain: or group: and what follows";
            if (problem is not null)
                return null;
        }
        problem = null;
        return new VisibilityRuleSet(rules, otherwise ?? Visibility.Full);
    }

    /// <summary>The word of a value on the wire.</summary>
    public static string Word(Visibility show) => show switch
    {
        Visibility.None => "none",
        Visibility.Count => "count",
        Visibility.Coarse => "coarse",
        _ => "full",
    };

    /// <summary>The value of a word on the wire; null: there is no such.</summary>
    public static Visibility? TryShow(string? word) => word switch
    {
        "none" => Visibility.None,
        "count" => Visibility.Count,
        "coarse" => Visibility.Coarse,
        "full" => Visibility.Full,
        _ => null,
    };

    private static string Word(VisibilityScope scope) => scope switch
    {
        VisibilityScope.Jid => "jid",
        VisibilityScope.Domain => "domain",
        _ => "group",
    };

    private static VisibilityRule? ReadRule(string whom, Visibility show)
    {
        int colon = whom.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? "" : whom[(colon + 1)..].Trim();
        if (name.Length == 0)
            return null;
        return whom[..colon] switch
        {
            "jid" => Jid.TryParse(name, out Jid? jid) ? new(VisibilityScope.Jid, jid.Bare.ToString(), show) : null,
            "domain" => Jid.TryParse(name, out Jid? domain) && !domain.HasLocal && domain.IsBare ? new(VisibilityScope.Domain, domain.Domain, show) : null,
            "group" => new(VisibilityScope.Group, name, show),
            _ => null,
        };
    }
}
