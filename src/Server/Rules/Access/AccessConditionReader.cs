using System.Collections.Immutable;
using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Access;

/// <summary>Reads the conditions of a rule (RFC 4745 §7 and our own).</summary>
internal static class AccessConditionReader
{
    private const string Policy = AccessNamespaces.Policy;
    private const string Own = AccessNamespaces.Own;

    /// <exception cref="RuleFormatException">It is not known, or not in order.</exception>
    public static AccessCondition Read(Element condition) => condition switch
    {
        { Namespace: Policy, LocalName: "identity" } => Identity(condition),
        { Namespace: Policy, LocalName: "sphere" } => new SphereCondition([.. AccessRuleReader.Attribute(condition, "value", "sphere").Split(' ', StringSplitOptions.RemoveEmptyEntries)]),
        { Namespace: Policy, LocalName: "validity" } => Validity(condition),
        { Namespace: Own, LocalName: "group" } => new GroupCondition([Text(condition)]),
        { Namespace: Own, LocalName: "groups" } => new GroupCondition([.. condition.Children.Select(Text)]),
        { Namespace: Own, LocalName: "subscription" } => new SubscriptionCondition(OneOf(condition, "none", "to", "from", "both")),
        { Namespace: Own, LocalName: "auth" } => new StrengthCondition(Least(AccessRuleReader.Attribute(condition, "min", "auth"))),
        { Namespace: Own, LocalName: "anonymous" } => new AnonymousCondition(Flag(condition)),
        { Namespace: Own, LocalName: "poller" } => new PollerCondition(Flag(condition)),
        { Namespace: Own, LocalName: "visibility" } => new VisibilityCondition([.. OneOf(condition, "none", "count", "coarse", "full").Select(text => Enum.Parse<Visibility>(text, ignoreCase: true))]),
        { Namespace: Own, LocalName: "time" } => Week(condition),
        _ => throw new RuleFormatException($"the condition <{condition.LocalName} xmlns='{condition.Namespace}'/> is not known"),
    };

    /// <summary>An address as rules have it: a JID, or a URI of the schemes xmpp, im and pres.</summary>
    internal static Jid Address(string text)
    {
        foreach (string scheme in (string[])["xmpp:", "im:", "pres:"])
        {
            if (text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
                text = Uri.UnescapeDataString(text[scheme.Length..]);
        }
        return Jid.TryParse(text, out Jid? jid) ? jid : throw new RuleFormatException($"\"{text}\" is no address");
    }

    private static IdentityCondition Identity(Element identity)
    {
        var ones = ImmutableHashSet.CreateBuilder<Jid>();
        var many = ImmutableArray.CreateBuilder<ManyIdentities>();
        foreach (Element child in identity.Children)
        {
            if (child.Is(Policy, "one"))
            {
                Jid one = Address(AccessRuleReader.Attribute(child, "id", "one"));
                if (one.HasLocal)
                    ones.Add(one);
                else
                    many.Add(new ManyIdentities(one.Domain, [], []));
            }
            else if (child.Is(Policy, "many"))
            {
                many.Add(Many(child));
            }
            else
            {
                throw new RuleFormatException($"<{child.LocalName}/> is not known in identity");
            }
        }
        return ones.Count + many.Count == 0 ? throw new RuleFormatException("identity names nobody") : new IdentityCondition(ones.ToImmutable(), many.ToImmutable());
    }

    private static ManyIdentities Many(Element many)
    {
        var ids = ImmutableHashSet.CreateBuilder<Jid>();
        ImmutableHashSet<string>.Builder domains = ImmutableHashSet.CreateBuilder<string>();
        foreach (Element except in many.Children)
        {
            if (!except.Is(Policy, "except"))
                throw new RuleFormatException($"<{except.LocalName}/> is not known in many");
            if (except["id"] is { } id)
                ids.Add(Address(id).Bare);
            else
                domains.Add(Address(AccessRuleReader.Attribute(except, "domain", "except")).Domain);
        }
        return new ManyIdentities(many["domain"] is { } domain ? Address(domain).Domain : null, ids.ToImmutable(), domains.ToImmutable());
    }

    private static ValidityCondition Validity(Element validity)
    {
        var spans = ImmutableArray.CreateBuilder<(DateTimeOffset, DateTimeOffset)>();
        Element[] children = [.. validity.Children];
        for (int i = 0; i < children.Length; i += 2)
        {
            if (i + 1 == children.Length || !children[i].Is(Policy, "from") || !children[i + 1].Is(Policy, "until"))
                throw new RuleFormatException("validity holds pairs of from and until");
            spans.Add((Moment(children[i].Text), Moment(children[i + 1].Text)));
        }
        return new ValidityCondition(spans.ToImmutable());
    }

    private static DateTimeOffset Moment(string text) =>
        DateTimeOffset.TryParse(text.Trim(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment)
            ? moment
            : throw new RuleFormatException($"\"{text}\" is no time such as 2026-11-22T09:00:00Z");

    private static WeekCondition Week(Element time)
    {
        string zone = time["tz"] ?? "UTC";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out TimeZoneInfo? found))
            throw new RuleFormatException($"the time zone \"{zone}\" is not known here");
        return new WeekCondition(WeekDays.Read(time["days"]), TimeOfDay(time["from"] ?? "00:00"), TimeOfDay(time["to"] ?? "24:00"), found);
    }

    private static TimeOnly TimeOfDay(string text) =>
        text == "24:00" ? TimeOnly.MinValue
        : TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly time) ? time
        : throw new RuleFormatException($"\"{text}\" is no time of day such as 22:00");

    private static ImmutableHashSet<string> OneOf(Element condition, params ReadOnlySpan<string> known)
    {
        ImmutableHashSet<string>.Builder values = ImmutableHashSet.CreateBuilder<string>();
        foreach (string value in Text(condition).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            values.Add(known.Contains(value) ? value : throw new RuleFormatException($"{condition.LocalName} is one or more of {string.Join(", ", known.ToArray())}, not \"{value}\""));
        return values.ToImmutable();
    }

    private static Strength Least(string text) => text switch
    {
        "dialback" => Strength.Dialback,
        "certificate" => Strength.Certificate,
        "secret" => Strength.Secret,
        "local" => Strength.Local,
        _ => throw new RuleFormatException($"auth is at least dialback, certificate, secret or local, not \"{text}\""),
    };

    private static bool Flag(Element condition) => condition.Text.Trim() switch
    {
        "" or "true" or "1" => true,
        "false" or "0" => false,
        var other => throw new RuleFormatException($"{condition.LocalName} is true or false, not \"{other}\""),
    };

    private static string Text(Element condition) =>
        condition.Text.Trim() is { Length: > 0 } text ? text : throw new RuleFormatException($"{condition.LocalName} is empty");
}
