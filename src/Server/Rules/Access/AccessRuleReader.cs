using System.Collections.Immutable;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Access;

/// <summary>
/// Reads a rule document (RFC 4745 §5, RFC 5025 §3, and <see cref="AccessNamespaces.Own"/>). What is not known is refused: a condition that is
/// passed over would show more than its author meant.
/// </summary>
internal static class AccessRuleReader
{
    private const string Policy = AccessNamespaces.Policy;
    private const string Own = AccessNamespaces.Own;

    /// <summary>Reads a document of the owner's.</summary>
    /// <param name="document">The <c>ruleset</c>.</param>
    /// <param name="version">What it is known by afterwards.</param>
    /// <exception cref="RuleFormatException">It is not in order.</exception>
    public static AccessRuleSet Read(Element document, string version)
    {
        if (!document.Is(Policy, "ruleset"))
            throw new RuleFormatException($"expected <ruleset xmlns='{Policy}'/>");
        var rules = ImmutableArray.CreateBuilder<AccessRule>();
        var classes = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        string? sphere = null;
        foreach (Element child in document.Children)
        {
            if (child.Is(Policy, "rule"))
                rules.Add(ReadRule(child, rules));
            else if (child.Is(Own, "class"))
                classes[Attribute(child, "tuple", "a class")] = Attribute(child, "name", "a class");
            else if (child.Is(Own, "sphere"))
                sphere = Attribute(child, "value", "the sphere");
            else
                throw new RuleFormatException($"<{child.LocalName} xmlns='{child.Namespace}'/> is not known in a rule set");
        }
        if (rules.Count > AccessRuleSet.MaxRules)
            throw new RuleFormatException($"at most {AccessRuleSet.MaxRules} rules");
        return new AccessRuleSet(rules.ToImmutable(), classes.ToImmutable(), sphere, version, document);
    }

    private static AccessRule ReadRule(Element element, IEnumerable<AccessRule> before)
    {
        string id = Attribute(element, "id", "a rule");
        if (before.Any(rule => rule.Id == id))
            throw new RuleFormatException($"two rules have the id \"{id}\"");
        var rule = new AccessRule(id);
        try
        {
            foreach (Element part in element.Children)
            {
                rule = part switch
                {
                    { Namespace: Policy, LocalName: "conditions" } => rule with { Conditions = [.. part.Children.Select(AccessConditionReader.Read)] },
                    { Namespace: Policy, LocalName: "actions" } => ReadActions(rule, part),
                    { Namespace: Policy, LocalName: "transformations" } => AccessTransformationReader.Read(rule, part),
                    _ => throw new RuleFormatException($"<{part.LocalName}/> is not known there"),
                };
            }
        }
        catch (RuleFormatException e)
        {
            throw new RuleFormatException($"rule \"{id}\": {e.Message}");
        }
        return rule;
    }

    private static AccessRule ReadActions(AccessRule rule, Element actions)
    {
        foreach (Element action in actions.Children)
        {
            if (action.Is(AccessNamespaces.PresenceRules, "sub-handling"))
                rule = rule with { Handling = Handling(action.Text.Trim()) };
            else if (action.Is(Own, "override"))
                rule = rule with { IsOverride = true };
            else
                throw new RuleFormatException($"the action <{action.LocalName}/> is not known");
        }
        return rule;
    }

    private static AccessHandling Handling(string text) => text switch
    {
        "block" => AccessHandling.Block,
        "confirm" => AccessHandling.Confirm,
        "polite-block" => AccessHandling.PoliteBlock,
        "allow" => AccessHandling.Allow,
        _ => throw new RuleFormatException($"sub-handling is block, confirm, polite-block or allow, not \"{text}\""),
    };

    internal static string Attribute(Element element, string name, string what) =>
        element[name] is { Length: > 0 } value ? value : throw new RuleFormatException($"{what} needs {name}='…'");
}
