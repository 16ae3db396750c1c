using System.Collections.Immutable;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Access;

/// <summary>One rule of a presentity (RFC 4745 §5, RFC 5025).</summary>
internal sealed record AccessRule(string Id)
{
    /// <summary>All have to hold.</summary>
    public ImmutableArray<AccessCondition> Conditions { get; init; } = [];

    /// <summary>What becomes of the watcher; null: this rule says nothing about it.</summary>
    public AccessHandling? Handling { get; init; }

    /// <summary>True: its handling counts whatever the others grant. RFC 4745 can only grant, and so has no "all of Work but not Paris".</summary>
    public bool IsOverride { get; init; }

    /// <summary>What it shows; null: it says nothing about it.</summary>
    public AccessGrant? Grant { get; init; }

    /// <summary>What it hides or replaces, whatever others show; null: nothing.</summary>
    public AccessDenial? Denial { get; init; }

    /// <summary>Does it speak of this watcher now?</summary>
    public bool Holds(in AccessQuestion question)
    {
        foreach (AccessCondition condition in Conditions)
        {
            if (!condition.Holds(question))
                return false;
        }
        return true;
    }
}

/// <summary>What a rule shows (RFC 5025 §3.3): what several show is shown.</summary>
internal sealed record AccessGrant
{
    public PresenceParts Parts { get; init; }
    public ImmutableHashSet<QName> Named { get; init; } = [];

    /// <summary>True: every tuple; false: <see cref="Tuples"/>, or, when that names none, it does not say.</summary>
    public bool AllTuples { get; init; }
    public TupleChoice Tuples { get; init; } = TupleChoice.None;
}

/// <summary>What a rule hides or replaces: stronger than what any rule shows.</summary>
internal sealed record AccessDenial
{
    public PresenceParts Parts { get; init; }
    public ImmutableHashSet<QName> Named { get; init; } = [];
    public TupleChoice Tuples { get; init; } = TupleChoice.None;
    public Substitute? Substitute { get; init; }
    public TimeSpan Fuzz { get; init; }
}
