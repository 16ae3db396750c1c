using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Access;

/// <summary>Reads what a rule shows (RFC 5025 §3.3), hides or replaces (our own).</summary>
internal static class AccessTransformationReader
{
    private const string Rules = AccessNamespaces.PresenceRules;
    private const string Own = AccessNamespaces.Own;

    /// <exception cref="RuleFormatException">It is not known, or not in order.</exception>
    public static AccessRule Read(AccessRule rule, Element transformations)
    {
        var grant = new AccessGrant();
        bool grants = false;
        AccessDenial? denial = rule.Denial;
        foreach (Element child in transformations.Children)
        {
            switch (child)
            {
                case { Namespace: Own, LocalName: "hide" }:
                    denial = Hide(denial ?? new AccessDenial(), child);
                    break;
                case { Namespace: Own, LocalName: "present-as" }:
                    denial = (denial ?? new AccessDenial()) with { Substitute = PresentAs(child) };
                    break;
                case { Namespace: Own, LocalName: "times" }:
                    denial = (denial ?? new AccessDenial()) with { Fuzz = Round(child) };
                    break;
                case { Namespace: Rules } or { Namespace: Own, LocalName: "provide-nick" or "provide-reach" }:
                    grant = Provide(grant, child);
                    grants = true;
                    break;
                default:
                    throw new RuleFormatException($"the transformation <{child.LocalName} xmlns='{child.Namespace}'/> is not known");
            }
        }
        // RFC 5025 §3.3: transformations that grant nothing show the least.
        bool isEmpty = !transformations.Children.Any();
        return rule with { Grant = grants || isEmpty ? grant : null, Denial = denial };
    }

    private static AccessGrant Provide(AccessGrant grant, Element child)
    {
        switch (child.LocalName)
        {
            case "provide-all-attributes":
                return grant with { Parts = grant.Parts | PresenceParts.All };
            case "provide-unknown-attribute":
                var name = new QName(AccessRuleReader.Attribute(child, "ns", child.LocalName), AccessRuleReader.Attribute(child, "name", child.LocalName));
                return IsTrue(child) ? grant with { Named = grant.Named.Add(name) } : grant;
            case "provide-devices" or "provide-persons" or "provide-services":
                return Tuples(grant, child);
            case "provide-user-input":
                return child.Text.Trim() switch
                {
                    // A time without its value cannot be said on this wire, so less than everything is nothing.
                    "false" or "bare" or "thresholds" => grant,
                    "full" => grant with { Parts = grant.Parts | PresenceParts.UserInput },
                    var other => throw new RuleFormatException($"provide-user-input is false, bare, thresholds or full, not \"{other}\""),
                };
            // Nothing of these is in a presence stanza; a document may have them all the same.
            case "provide-privacy" or "provide-relationship" or "provide-sphere" or "provide-time-offset":
                return grant;
            default:
                PresenceParts part = Part(child.LocalName.StartsWith("provide-", StringComparison.Ordinal) ? child.LocalName["provide-".Length..] : child.LocalName);
                return IsTrue(child) ? grant with { Parts = grant.Parts | part } : grant;
        }
    }

    private static AccessGrant Tuples(AccessGrant grant, Element child)
    {
        // People have no tuples here: what is said of them is said with each.
        if (child.LocalName == "provide-persons")
            return grant;
        foreach (Element choice in child.Children)
        {
            grant = choice.LocalName switch
            {
                "all-services" or "all-devices" => grant with { AllTuples = true },
                "class" => grant with { Tuples = grant.Tuples.Or(new TupleChoice([], [choice.Text.Trim()], [])) },
                "occurrence-id" or "deviceID" => grant with { Tuples = grant.Tuples.Or(new TupleChoice([choice.Text.Trim()], [], [])) },
                "service-uri-scheme" => grant with { Tuples = grant.Tuples.Or(new TupleChoice([], [], [choice.Text.Trim().ToLowerInvariant()])) },
                _ => throw new RuleFormatException($"<{choice.LocalName}/> is not known in {child.LocalName}"),
            };
        }
        return grant;
    }

    private static AccessDenial Hide(AccessDenial denial, Element hide)
    {
        foreach (Element child in hide.Children)
        {
            denial = child.LocalName switch
            {
                "all" => denial with { Parts = PresenceParts.All },
                "tuple" => denial with { Tuples = denial.Tuples.Or(Tuple(child)) },
                "attribute" => denial with { Named = denial.Named.Add(new QName(AccessRuleReader.Attribute(child, "ns", "attribute"), AccessRuleReader.Attribute(child, "name", "attribute"))) },
                var name => denial with { Parts = denial.Parts | Part(name) },
            };
        }
        return denial;
    }

    private static TupleChoice Tuple(Element tuple) =>
        tuple["id"] is { Length: > 0 } id ? new TupleChoice([id], [], [])
        : tuple["class"] is { Length: > 0 } label ? new TupleChoice([], [label], [])
        : tuple["scheme"] is { Length: > 0 } scheme ? new TupleChoice([], [], [scheme.ToLowerInvariant()])
        : throw new RuleFormatException("a tuple is named by id, class or scheme");

    private static Substitute PresentAs(Element element)
    {
        string? show = element["show"];
        if (show is not (null or "" or "away" or "chat" or "dnd" or "xa"))
            throw new RuleFormatException($"show is away, chat, dnd, xa or empty, not \"{show}\"");
        return new Substitute(show, element["note"]);
    }

    private static TimeSpan Round(Element times)
    {
        string text = AccessRuleReader.Attribute(times, "round", "times");
        return XmlDuration.TryParse(text, out TimeSpan span) && span > TimeSpan.Zero && span <= TimeSpan.FromDays(31)
            ? span
            : throw new RuleFormatException($"\"{text}\" is no duration such as PT1H, of 31 days at most");
    }

    private static PresenceParts Part(string name) => name switch
    {
        "activities" => PresenceParts.Activities,
        "note" => PresenceParts.Note,
        "mood" => PresenceParts.Mood,
        "user-input" => PresenceParts.UserInput,
        "status-icon" => PresenceParts.StatusIcon,
        "deviceID" => PresenceParts.Device,
        "place-is" or "place-type" => PresenceParts.Place,
        "nick" => PresenceParts.Nick,
        "reach" => PresenceParts.Reach,
        "class" => PresenceParts.Class,
        "other" => PresenceParts.Other,
        _ => throw new RuleFormatException($"\"{name}\" is no part of presence"),
    };

    private static bool IsTrue(Element child) => child.Text.Trim() switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        var other => throw new RuleFormatException($"{child.LocalName} is true or false, not \"{other}\""),
    };
}
