using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules.Access;

namespace PresenceXml.Server.Modules.AccessPolicy;

/// <summary>
/// A rule as the ad-hoc commands make it: somebody, and what he sees. One for each somebody, known by its id.
/// </summary>
/// <param name="Whom">contact, group, domain or others (those without a subscription).</param>
/// <param name="Name">The address, group or domain; "" for others.</param>
/// <param name="What">One of <see cref="Choices"/>.</param>
internal sealed record SimpleRule(string Whom, string Name, string What)
{
    private const string Policy = AccessNamespaces.Policy;
    private const string Rules = AccessNamespaces.PresenceRules;
    private const string Own = AccessNamespaces.Own;
    private const string Prefix = "simple ";

    /// <summary>What somebody can be shown, in the order of how much it is.</summary>
    public static IReadOnlyList<(string Value, string Words)> Choices { get; } =
    [
        ("everything", "everything"),
        ("no-note", "everything but my status text"),
        ("available", "only whether I am there"),
        ("busy", "that I am busy, whatever I am"),
        ("ask", "nothing until I have been asked again"),
        ("offline", "that I am offline, always"),
        ("nothing", "nothing: no subscription"),
    ];

    /// <summary>Its id in the document.</summary>
    public string Id => Name.Length == 0 ? Prefix + Whom : $"{Prefix}{Whom} {Name}";

    /// <summary>In words.</summary>
    public string Words => (Whom switch
    {
        "contact" or "domain" => Name,
        "group" => $"the group {Name}",
        _ => "people without a subscription",
    }) + ": " + Choices.First(choice => choice.Value == What).Words;

    /// <summary>Null when it is in order.</summary>
    public string? Problem => Whom switch
    {
        "contact" when !Jid.TryParse(Name, out Jid? jid) || !jid.HasLocal => $"\"{Name}\" is no address of a contact.",
        "domain" when !Jid.TryParse(Name, out Jid? jid) || jid.HasLocal || jid.IsFull => $"\"{Name}\" is no domain.",
        "group" when Name.Length == 0 => "Which group?",
        "others" when What is not ("everything" or "no-note" or "available" or "nothing") => "Who has no subscription can see everything, some of it, or nothing.",
        _ => null,
    };

    /// <summary>The rule of this id was made here; null: by hand.</summary>
    public static SimpleRule? Of(AccessRule rule, Element document)
    {
        if (!rule.Id.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        string[] parts = rule.Id[Prefix.Length..].Split(' ', 2);
        Element element = document.Children.First(child => child["id"] == rule.Id);
        return Choices.Select(choice => new SimpleRule(parts[0], parts.Length > 1 ? parts[1] : "", choice.Value)).FirstOrDefault(made => made.ToElement().ToString() == element.ToString());
    }

    public Element ToElement() => new(
        Policy, "rule",
        new XmlAttribute("id", Id),
        new Element(Policy, "conditions", Whom switch
        {
            "contact" => new Element(Policy, "identity", new Element(Policy, "one", new XmlAttribute("id", Name))),
            "domain" => new Element(Policy, "identity", new Element(Policy, "many", new XmlAttribute("domain", Name))),
            "group" => new Element(Own, "group", Name),
            _ => new Element(Own, "subscription", "none to"),
        }),
        Handling is { } handling ? new Element(Policy, "actions", new Element(Rules, "sub-handling", handling), IsOverride ? new Element(Own, "override") : null) : null,
        Transformation is { } transformation ? new Element(Policy, "transformations", transformation) : null);

    private string? Handling => What switch
    {
        "ask" => "confirm",
        "offline" => "polite-block",
        "nothing" => "block",
        "everything" => "allow",
        // It says what subscribers see; others see it without being asked.
        _ => Whom == "others" ? "allow" : null,
    };

    // What is taken away stays away, whatever another rule grants.
    private bool IsOverride => What is "offline" or "nothing" or "ask" && Whom == "contact";

    private Element? Transformation => What switch
    {
        "no-note" => new Element(Own, "hide", new Element(Own, "note")),
        "available" => new Element(Own, "hide", new Element(Own, "all")),
        "busy" => new Element(Own, "present-as", new XmlAttribute("show", "dnd"), new XmlAttribute("note", "")),
        "everything" => new Element(Rules, "provide-all-attributes"),
        _ => null,
    };
}
