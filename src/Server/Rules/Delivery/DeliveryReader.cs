using System.Collections.Immutable;
using System.Globalization;
using System.Xml;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules.Delivery.Tests;
using PresenceXml.Storage;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>Reads delivery rules as they go on the wire. What is wrong is said with the name of the rule it is in.</summary>
internal static class DeliveryReader
{
    private const int MaxName = 64;
    private const int MaxDepth = 8;
    private const int MaxText = 1000;

    private static readonly StanzaError[] Conditions =
    [
        StanzaError.NotAcceptable, StanzaError.ServiceUnavailable, StanzaError.PolicyViolation, StanzaError.NotAllowed, StanzaError.Forbidden,
        StanzaError.Gone, StanzaError.NotAuthorized, StanzaError.SubscriptionRequired, StanzaError.ResourceConstraint,
    ];

    /// <summary>Reads what is in a <c>delivery</c> element; other children than rules and a demand are the caller's and not looked at.</summary>
    /// <exception cref="FormatException">It is not in order; the text says where and why.</exception>
    public static DeliveryRuleSet Read(Element delivery, long version)
    {
        Strength demand = Strength.None;
        var rules = new List<DeliveryRule>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (Element child in delivery.Children)
        {
            if (child.Is(DeliveryTest.Ns, "demand"))
                demand = AuthTest.Parse(child["auth"] ?? "") ?? throw new FormatException("The demand has no auth that is none, dialback, certificate, component or local.");
            if (!child.Is(DeliveryTest.Ns, "rule"))
                continue;
            string name = child["name"] ?? "";
            if (name.Length is 0 or > MaxName)
                throw new FormatException($"Rule {rules.Count + 1} has no name of 1 to {MaxName} characters.");
            if (!names.Add(name))
                throw new FormatException($"Two rules have the name \"{name}\".");
            if (rules.Count == DeliveryRuleSet.MaxRules)
                throw new FormatException($"There are more than {DeliveryRuleSet.MaxRules} rules.");
            rules.Add(ReadRule(name, child));
        }
        return new DeliveryRuleSet(version, demand, [.. rules], isDefault: false);
    }

    private static DeliveryRule ReadRule(string name, Element rule)
    {
        try
        {
            Only(rule, "name", "off");
            var tests = ImmutableArray.CreateBuilder<DeliveryTest>();
            var actions = ImmutableArray.CreateBuilder<DeliveryAction>();
            foreach (Element child in rule.Children)
            {
                if (child.Namespace == DeliveryTest.Ns && DeliveryAction.Find(child.LocalName) is { } kind)
                    actions.Add(At(child, () => ReadAction(kind, child)));
                else if (actions.Count > 0)
                    throw new FormatException($"<{child.LocalName}/> stands behind an action");
                else
                    tests.Add(At(child, () => ReadTest(child, 1)));
            }
            if (actions.Count == 0)
                throw new FormatException("it has no action");
            return new DeliveryRule(name, tests.ToImmutable(), actions.ToImmutable(), Flag(rule, "off") ?? false);
        }
        catch (FormatException wrong)
        {
            throw new FormatException($"Rule \"{name}\": {wrong.Message}.", wrong);
        }
    }

    // Whatever the frameworks' parsers throw is a fault of what was written.
    private static T At<T>(Element element, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException or ArgumentException or XmlException)
        {
            throw new FormatException($"<{element.LocalName}/>: {wrong.Message.TrimEnd('.')}", wrong);
        }
    }

    private static DeliveryTest ReadTest(Element test, int depth)
    {
        if (test.Namespace != DeliveryTest.Ns)
            throw new FormatException("there is no such test");
        switch (test.LocalName)
        {
            case "from" or "inviter":
                return ReadFrom(test);
            case "auth":
                Only(test, "min", "below");
                var auth = new AuthTest(StrengthOf(test, "min"), StrengthOf(test, "below"));
                return auth is { Min: null, Below: null } or { Below: Strength.None } ? throw new FormatException("it has neither min nor a below that anybody is") : auth;
            case "type":
                Only(test, "is");
                return new TypeTest(Words(test, "is", TypeTest.Known));
            case "body":
                return ReadBody(test);
            case "size":
                Only(test, "over", "under");
                var size = new SizeTest(Number(test, "over"), Number(test, "under"));
                return size is { Over: null, Under: null } ? throw new FormatException("it has neither over nor under") : size;
            case "has":
                Only(test, "ns", "name");
                return new HasTest(Need(test, "ns"), test["name"]);
            case "lang":
                Only(test, "is");
                return new LangTest(string.Join(' ', Need(test, "is").Split(' ', StringSplitOptions.RemoveEmptyEntries)) is { Length: > 0 } ranges
                    ? ranges
                    : throw new FormatException("is names no language"));
            case "rate":
                Only(test, "over", "per");
                return new RateTest(Number(test, "over") ?? throw new FormatException("over is missing"), Time(test, "per", TimeSpan.FromDays(1)) ?? throw new FormatException("per is missing"));
            case "time":
                return ReadTime(test);
            case "my":
                Only(test, "show", "offline");
                var my = new MyTest(test["show"] is null ? null : Words(test, "show", MyTest.Known), Time(test, "offline", TimeSpan.FromDays(366)));
                return my is { Show: null, Offline: null } ? throw new FormatException("it has neither show nor offline") : my;
            case "resource":
                Only(test, "is");
                return new ResourceTest(test["is"] is { Length: > 0 } resource ? resource : null);
            case "header":
                Only(test, "name", "value");
                return new HeaderTest(Need(test, "name"), test["value"]);
            case "all" or "any" or "not":
                return ReadGroup(test, depth);
            default:
                throw new FormatException("there is no such test");
        }
    }

    private static GroupTest ReadGroup(Element group, int depth)
    {
        Only(group);
        if (depth == MaxDepth)
            throw new FormatException($"more than {MaxDepth} tests are in each other");
        ImmutableArray<DeliveryTest> tests = [.. group.Children.Select(child => At(child, () => ReadTest(child, depth + 1)))];
        if (tests.IsEmpty)
            throw new FormatException("there is no test in it");
        if (group.LocalName == "not" && tests.Length > 1)
            throw new FormatException("there is more than one test in it; put them into <all/> or <any/>");
        return new GroupTest(group.LocalName, tests);
    }

    private static FromTest ReadFrom(Element from)
    {
        Only(from, "jid", "domain", "group", "subscription", "stranger", "first");
        var test = new FromTest
        {
            Jid = from["jid"] is null ? null : Address(from, "jid"),
            Domain = from["domain"] is { } domain ? Domain(domain) : null,
            Group = from["group"],
            Subscription = from["subscription"] is null ? null : Words(from, "subscription", "none", "to", "from", "both"),
            IsStranger = Flag(from, "stranger"),
            IsFirst = Flag(from, "first"),
            OfInviter = from.LocalName == "inviter",
        };
        if (test.Subscription?.Contains(' ', StringComparison.Ordinal) == true)
            throw new FormatException("subscription is one of none, to, from, both");
        return from.Attributes.Count > 0 || test.OfInviter ? test : throw new FormatException("it says nothing of the sender");
    }

    private static string Domain(string text)
    {
        bool isBelow = text.StartsWith("*.", StringComparison.Ordinal);
        return Jid.TryParse(isBelow ? text[2..] : text, out Jid? jid) && !jid.HasLocal && jid.IsBare
            ? (isBelow ? "*." : "") + jid.Domain
            : throw new FormatException($"\"{text}\" is no domain");
    }

    private static BodyTest ReadBody(Element body)
    {
        Only(body, "contains", "matches", "case");
        bool isExact = Flag(body, "case") ?? false;
        if (body["contains"] is { } text && body["matches"] is null)
        {
            return text.Length is > 0 and <= BodyTest.MaxLength
                ? new BodyTest { Contains = text, IsExact = isExact }
                : throw new FormatException($"contains has not 1 to {BodyTest.MaxLength} characters");
        }
        if (body["matches"] is { } expression && body["contains"] is null)
            return new BodyTest { Matches = Pattern.Parse(expression, ignoresCase: !isExact), IsExact = isExact };
        throw new FormatException("it has not one of contains and matches");
    }

    private static TimeTest ReadTime(Element time)
    {
        Only(time, "days", "from", "to", "tz");
        string zone = time["tz"] ?? "UTC";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out TimeZoneInfo? found))
            throw new FormatException($"the time zone \"{zone}\" is not known here");
        return new TimeTest(time["days"], time["days"] is { } days ? TimeTest.ReadDays(days) : 0x7f, Clock(time, "from"), Clock(time, "to"), found);
    }

    private static TimeOnly Clock(Element time, string name) =>
        time[name] is not { } text ? TimeOnly.MinValue
        : TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly read) ? read
        : throw new FormatException($"{name} is no time of day like 07:30");

    private static DeliveryAction ReadAction(DeliveryActionKind kind, Element action)
    {
        if (action.Children.Any())
            throw new FormatException("it holds elements");
        var read = new DeliveryAction(kind);
        switch (kind)
        {
            case DeliveryActionKind.FileInto:
                Only(action, "box");
                return read with { Box = Box(Need(action, "box")) };
            case DeliveryActionKind.Flag:
                Only(action, "name");
                return read with { Flag = Short(action, "name") };
            case DeliveryActionKind.DeliverTo:
                Only(action, "resource", "class");
                return action.Attributes.Count == 1
                    ? read with { Resource = action["resource"], Class = action["class"] }
                    : throw new FormatException("it has not one of resource and class");
            case DeliveryActionKind.Reject:
                Only(action, "condition", "disclose");
                return read with { Error = Condition(action["condition"] ?? "not-acceptable") with { Text = Said(action) }, Discloses = Flag(action, "disclose") ?? false };
            case DeliveryActionKind.Reply:
                Only(action, "every", "disclose");
                return read with
                {
                    Text = Said(action) ?? throw new FormatException("it says nothing"),
                    Every = Time(action, "every", TimeSpan.FromDays(366)) ?? TimeSpan.FromDays(1),
                    Discloses = Flag(action, "disclose") ?? false,
                };
            case DeliveryActionKind.Redirect:
                Only(action, "jid", "copy");
                return read with { To = Address(action, "jid"), KeepsCopy = Flag(action, "copy") ?? true };
            case DeliveryActionKind.Report:
                Only(action, "reason");
                return read with { Reason = action["reason"] is null ? "spam" : Words(action, "reason", "spam", "abuse") };
            default:
                Only(action);
                return read;
        }
    }

    private static StanzaError Condition(string name) =>
        Array.Find(Conditions, error => error.Condition == name)
        ?? throw new FormatException($"condition is not one of {string.Join(", ", Conditions.Select(static error => error.Condition))}");

    private static string Box(string box) =>
        InboxStore.IsBoxName(box)
            ? box
            : throw new FormatException($"\"{box}\" is no name of a box: 1 to 32 of a-z, 0-9 and -, and neither passing nor inbox");

    private static string? Said(Element action) => action.Text.Trim() is { Length: > 0 } text
        ? text.Length <= MaxText ? text : throw new FormatException($"the text is longer than {MaxText} characters")
        : null;

    private static string Short(Element element, string name) =>
        Need(element, name) is { Length: <= MaxName } text ? text : throw new FormatException($"{name} is longer than {MaxName} characters");

    private static string Need(Element element, string name) => element[name] is { Length: > 0 } value ? value : throw new FormatException($"{name} is missing");

    private static Jid Address(Element element, string name) =>
        Jid.TryParse(Need(element, name), out Jid? jid) ? jid : throw new FormatException($"\"{element[name]}\" is no address");

    private static string Words(Element element, string name, params string[] known)
    {
        string[] words = Need(element, name).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 0 && Array.TrueForAll(words, known.Contains)
            ? string.Join(' ', words)
            : throw new FormatException($"{name} is not of {string.Join(", ", known)}");
    }

    private static Strength? StrengthOf(Element element, string name) =>
        element[name] is not { } text ? null
        : AuthTest.Parse(text) ?? throw new FormatException($"{name} is not one of none, dialback, certificate, component, local");

    private static int? Number(Element element, string name) =>
        element[name] is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : throw new FormatException($"{name} is no number");

    private static TimeSpan? Time(Element element, string name, TimeSpan most)
    {
        if (element[name] is not { } text)
            return null;
        TimeSpan time;
        try
        {
            time = XmlConvert.ToTimeSpan(text);
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException)
        {
            throw new FormatException($"{name} is no duration like PT8H or P1D", wrong);
        }
        return time > TimeSpan.Zero && time <= most ? time : throw new FormatException($"{name} is not more than nothing and at most {XmlConvert.ToString(most)}");
    }

    private static bool? Flag(Element element, string name) => element[name] switch
    {
        null => null,
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw new FormatException($"{name} is neither true nor false"),
    };

    // What is not known is not ignored: a rule that does other than it says is worse than none.
    private static void Only(Element element, params string[] known)
    {
        foreach (Protocol.Xml.XmlAttribute attribute in element.Attributes)
        {
            if (attribute.Name.Namespace.Length > 0 || !known.Contains(attribute.Name.Name))
                throw new FormatException($"it has no attribute {attribute.Name.Name}");
        }
    }
}
