namespace PresenceXml.Conformance.Runner;

/// <summary>What a step asks for. The phrases are in <see cref="StepPhrases"/>.</summary>
public enum StepKind
{
    Connects,
    AcceptsConnection,
    AcceptsStream,
    AnswersStream,
    ProvesDomain,
    AcceptsClaims,
    GoesAway,
    OpensConnection,
    OpensDirectTls,
    StartsTls,
    Secures,
    OpensStream,
    Arrives,
    Authenticates,
    AuthenticatesWith,
    Resumes,
    Withholds,
    LogsIn,
    Binds,
    Sends,
    SendsRaw,
    SendsPiecemeal,
    Receives,
    ReceivesExactly,
    ReceivesInAnyOrder,
    ReceivesOneOf,
    ReceivesHeader,
    ReceivesStreamError,
    ReceivesNothing,
    ReceivesNothingFor,
    Ignores,
    MayEnd,
    StreamCloses,
    ConnectionCloses,
    ClosesStream,
    Disconnects,
    DropsLine,
    HangsUp,
    Synchronizes,
    Settles,
    IsSubscribed,
    AreSubscribed,
    RemoteIsSubscribed,
    IsSubscribedToRemote,
    IsSubscribedBothWaysToRemote,
    ValuesEqual,
    ValuesDiffer,
}

/// <summary>One step of a play.</summary>
/// <param name="Line">Its line in the file, from 1.</param>
/// <param name="Text">The step as written, for the report.</param>
/// <param name="Who">The actor, null where the step is everybody's.</param>
/// <param name="Whom">The other actor, where the phrase names one.</param>
/// <param name="Argument">What the phrase itself carries: a condition, a time, a resource, a value.</param>
/// <param name="Second">The second value of a comparison.</param>
/// <param name="Body">What stands behind the colon and on the indented lines.</param>
/// <param name="Expected">The body of an expectation, parsed.</param>
public sealed record Step(
    int Line,
    string Text,
    StepKind Kind,
    string? Who,
    string? Whom,
    string? Argument,
    string? Second,
    string Body,
    IReadOnlyList<Expectation> Expected);
