using PresenceXml.Conformance.Runner;

namespace PresenceXml.Conformance.Mutation;

/// <summary>
/// Finds what a play is about. What a login, a preparation or a fence brings is not: a server that is broken there fails every play,
/// and a play that fails by that says nothing for itself.
/// </summary>
internal static class SiteFinder
{
    /// <summary>The sites of a play, of what passed in a performance without mistakes and of the steps that looked at it.</summary>
    public static IReadOnlyList<Site> Find(Play play, IReadOnlyList<WireEvent> events, StepLog log)
    {
        var sites = new List<Site>();
        foreach (var wire in events.GroupBy(static passed => (passed.Place.Actor, passed.Place.Connection)))
        {
            var looked = wire.Where(static passed => passed.Place.IsFromServer)
                .Select(passed => (Event: passed, Step: log.TakerOf(passed.Place.Actor, passed.Place.Connection, passed.Place.Ordinal)))
                .ToArray();
            for (var i = 0; i < looked.Length; i++)
            {
                if (!IsSubject(looked[i]))
                    continue;
                var hasNext = i + 1 < looked.Length && IsSubject(looked[i + 1]) && !IsBetween(events, looked[i].Event, looked[i + 1].Event);
                sites.Add(hasNext ? new(looked[i].Event, looked[i].Step!, looked[i + 1].Event, looked[i + 1].Step) : new(looked[i].Event, looked[i].Step!));
            }

            foreach (var sent in wire.Where(static passed => !passed.Place.IsFromServer && passed.Element is { } element && Mistakes.IsStanza(element) && !Mistakes.IsFence(element)))
            {
                if (log.SenderOf(sent.Place.Actor, sent.Place.Connection, sent.End) is { } step && IsSending(step.Kind) && !IsPreparation(play, step))
                    sites.Add(new(sent, step));
            }
        }

        return sites;
    }

    /// <summary>Whether a step says what has to come, so that its failure is the play's own verdict.</summary>
    public static bool IsExpecting(StepKind kind) => kind is StepKind.Receives or StepKind.ReceivesExactly or StepKind.ReceivesInAnyOrder
        or StepKind.ReceivesOneOf or StepKind.ReceivesHeader or StepKind.ReceivesStreamError or StepKind.ReceivesNothing
        or StepKind.ReceivesNothingFor or StepKind.MayEnd or StepKind.StreamCloses or StepKind.ConnectionCloses
        or StepKind.ValuesEqual or StepKind.ValuesDiffer;

    private static bool IsSubject((WireEvent Event, Step? Step) looked) =>
        looked.Step is { } step && IsExpecting(step.Kind) && !Mistakes.IsFence(looked.Event.Element);

    // What comes after a client has sent something may come because of that, and never if the client is kept waiting.
    private static bool IsBetween(IReadOnlyList<WireEvent> events, WireEvent first, WireEvent second) => events
        .SkipWhile(passed => !ReferenceEquals(passed, first))
        .TakeWhile(passed => !ReferenceEquals(passed, second))
        .Any(static passed => !passed.Place.IsFromServer);

    private static bool IsSending(StepKind kind) => kind is StepKind.Sends or StepKind.SendsRaw or StepKind.SendsPiecemeal;

    /// <summary>Whether all that comes of it is forgotten by a settling before anything is looked at.</summary>
    private static bool IsPreparation(Play play, Step sending) => play.Steps
        .SkipWhile(step => step != sending)
        .Select(static step => step.Kind)
        .FirstOrDefault(static kind => IsExpecting(kind) || kind is StepKind.Settles or StepKind.IsSubscribed or StepKind.AreSubscribed)
        is StepKind.Settles or StepKind.IsSubscribed or StepKind.AreSubscribed;
}
