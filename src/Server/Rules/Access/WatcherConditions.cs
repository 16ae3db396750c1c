using System.Collections.Immutable;

namespace PresenceXml.Server.Rules.Access;

/// <summary>It is at least so sure who the watcher is.</summary>
internal sealed record StrengthCondition(Strength Least) : AccessCondition
{
    public override bool Holds(in AccessQuestion question) => question.Strength >= Least;
}

/// <summary>The watcher comes from where people are not known, or does not.</summary>
internal sealed record AnonymousCondition(bool Wanted) : AccessCondition
{
    public override bool Holds(in AccessQuestion question) => question.IsAnonymous == Wanted;
}

/// <summary>The watcher is a POLLER, or is not.</summary>
internal sealed record PollerCondition(bool Wanted) : AccessCondition
{
    public override bool Holds(in AccessQuestion question) => question.IsPoller == Wanted;
}

/// <summary>The watcher appears in watcher information in one of these ways.</summary>
internal sealed record VisibilityCondition(ImmutableHashSet<Visibility> Values) : AccessCondition
{
    public override bool Holds(in AccessQuestion question) => Values.Contains(question.Visibility);
}

/// <summary><c>sphere</c> (RFC 4745 §7.2): the presentity says that it is there.</summary>
internal sealed record SphereCondition(ImmutableHashSet<string> Values) : AccessCondition
{
    public override bool Holds(in AccessQuestion question) => question.Sphere is { } sphere && Values.Contains(sphere);
}
