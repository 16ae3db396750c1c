using PresenceXml.Protocol;

namespace PresenceXml.Conformance.Runner;

/// <summary>Which steps a <c>[Server]</c> and its single connections can take; told when the play is read, not when it is performed.</summary>
internal static class ServerSteps
{
    private const string OutMark = " (out)";
    private const string InMark = " (in)";

    /// <summary>Steps that lead the stream on a connection the server opened; there only one is meant.</summary>
    private static readonly HashSet<StepKind> OnOut =
    [
        StepKind.OpensConnection, StepKind.Secures, StepKind.StartsTls, StepKind.OpensStream, StepKind.ProvesDomain,
        StepKind.ClosesStream, StepKind.Disconnects, StepKind.DropsLine, StepKind.SendsRaw, StepKind.SendsPiecemeal,
    ];

    private static readonly HashSet<StepKind> OnWhole =
    [
        StepKind.Connects, StepKind.AcceptsConnection, StepKind.AcceptsStream, StepKind.GoesAway, StepKind.Sends, StepKind.Receives,
        StepKind.ReceivesExactly, StepKind.ReceivesInAnyOrder, StepKind.ReceivesOneOf, StepKind.ReceivesNothing, StepKind.ReceivesNothingFor,
        StepKind.Ignores, StepKind.MayEnd, StepKind.Synchronizes,
    ];

    private static readonly HashSet<StepKind> OnBracketsOnly =
    [
        StepKind.ReceivesHeader, StepKind.ReceivesStreamError, StepKind.StreamCloses, StepKind.ConnectionCloses,
    ];

    private static readonly HashSet<StepKind> ServersOnly =
    [
        StepKind.AcceptsConnection, StepKind.AcceptsStream, StepKind.AnswersStream, StepKind.ProvesDomain, StepKind.AcceptsClaims, StepKind.GoesAway,
    ];

    /// <summary>Steps that need somebody at home to answer the call back.</summary>
    private static readonly HashSet<StepKind> NeedsOrdinaryIn =
    [
        StepKind.Connects, StepKind.ProvesDomain, StepKind.Receives, StepKind.ReceivesExactly, StepKind.ReceivesInAnyOrder,
        StepKind.ReceivesOneOf, StepKind.ReceivesNothing, StepKind.ReceivesNothingFor, StepKind.MayEnd, StepKind.Synchronizes,
    ];

    /// <summary>The actor's name without the mark of a connection.</summary>
    public static string NameOf(string who) => who.Split(' ', 2)[0];

    /// <summary>Whether the play itself leads the connections that are opened to this server.</summary>
    public static bool IsLed(IEnumerable<Step> steps, string server) =>
        steps.Any(step => step.Kind is StepKind.AcceptsConnection or StepKind.AcceptsStream && step.Who == server);

    /// <summary>The content namespace that names without a prefix are in.</summary>
    public static string ContentNamespace(string? who, List<CastMember> cast) =>
        who is not null && cast.Exists(member => member.Name == NameOf(who) && member.IsServer) ? Namespaces.Server : Namespaces.Client;

    /// <summary>What is wrong with who does this, null when nothing is.</summary>
    public static string? Problem(StepKind kind, string? who, string? whom, List<CastMember> cast)
    {
        foreach (var name in (string?[])[who, whom])
        {
            if (name is not null && !cast.Exists(member => member.Name == NameOf(name)))
                return $"{name} is not in the cast";
        }

        if (kind is StepKind.RemoteIsSubscribed or StepKind.IsSubscribedToRemote or StepKind.IsSubscribedBothWaysToRemote)
            return IsServer(whom!) && !IsServer(who!) ? null : $"{whom} has to be a [Server], {who} a [Client]";
        if (whom is not null && IsServer(whom) && kind != StepKind.ReceivesNothing)
            return $"{whom} is a [Server], not an account";
        if (who is null)
            return null;
        if (!IsServer(who))
            return who.Contains(' ', StringComparison.Ordinal) || ServersOnly.Contains(kind) ? $"{NameOf(who)} is no [Server]" : null;
        if (who.EndsWith(InMark, StringComparison.Ordinal))
            return kind is StepKind.OpensConnection or StepKind.OpensStream or StepKind.ProvesDomain || !IsOnStream(kind) ? $"{who} cannot do that" : null;
        if (who.EndsWith(OutMark, StringComparison.Ordinal))
            return kind is StepKind.AnswersStream or StepKind.AcceptsClaims || !IsOnStream(kind) ? $"{who} cannot do that" : null;
        if (OnBracketsOnly.Contains(kind) || kind is StepKind.AnswersStream or StepKind.AcceptsClaims)
            return $"say which connection: {who} (out), which it opened, or {who} (in), which it accepted";
        return OnOut.Contains(kind) || OnWhole.Contains(kind) ? null : "a [Server] cannot do that";

        bool IsServer(string name) => cast.Exists(member => member.Name == NameOf(name) && member.IsServer);
    }

    /// <summary>The first step that cannot go together with the others.</summary>
    public static (Step Step, string Problem)? Conflict(List<Step> steps)
    {
        var step = steps.Find(step => step.Who is { } who && IsLed(steps, NameOf(who))
            && NeedsOrdinaryIn.Contains(step.Kind) && (who == NameOf(who) || step.Kind is StepKind.ProvesDomain));
        return step is null ? null : (step, $"the play leads the connections to {NameOf(step.Who!)} itself: say {NameOf(step.Who!)}{InMark} or{OutMark}");
    }

    /// <summary>The connection or whole server that a step is about.</summary>
    public static Actor Find(Dictionary<string, Actor> actors, Step step)
    {
        var actor = actors[NameOf(step.Who!)];
        if (actor is not PeerServer server)
            return actor;
        return step.Who!.EndsWith(InMark, StringComparison.Ordinal) ? server.In
            : step.Who.EndsWith(OutMark, StringComparison.Ordinal) || OnOut.Contains(step.Kind) ? server.Out
            : server;
    }

    private static bool IsOnStream(StepKind kind) =>
        OnOut.Contains(kind) || OnBracketsOnly.Contains(kind) || kind is StepKind.AnswersStream or StepKind.AcceptsClaims
        || (OnWhole.Contains(kind) && kind is not (StepKind.Connects or StepKind.AcceptsConnection or StepKind.AcceptsStream or StepKind.GoesAway));
}
