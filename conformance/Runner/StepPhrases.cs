using System.Text.RegularExpressions;

namespace PresenceXml.Conformance.Runner;

/// <summary>The sentences a play may use. A sentence that is none of these is an error when the play is read.</summary>
internal static class StepPhrases
{
    private const string Name = @"[A-Z]\w*( \((in|out)\))?";
    private const string Who = $"^(?<who>{Name}) ";
    private const string WhoOwn = $"^(?<who>{Name})'s ";
    private const string Remote = @"(?<argument>[^@\s]+@\{(?<whom>[A-Z]\w*) domain\})";

    private static readonly (Regex Phrase, StepKind Kind)[] All =
    [
        (Phrase(Who + "connects$"), StepKind.Connects),
        (Phrase(Who + "accepts a connection$"), StepKind.AcceptsConnection),
        (Phrase(Who + "accepts a stream$"), StepKind.AcceptsStream),
        (Phrase(Who + "answers the stream$"), StepKind.AnswersStream),
        (Phrase(Who + "proves its domain$"), StepKind.ProvesDomain),
        (Phrase(Who + "accepts every claim$"), StepKind.AcceptsClaims),
        (Phrase(Who + "goes away$"), StepKind.GoesAway),
        (Phrase(Who + "opens a connection$"), StepKind.OpensConnection),
        (Phrase(Who + "opens a direct TLS connection$"), StepKind.OpensDirectTls),
        (Phrase(Who + "starts TLS$"), StepKind.StartsTls),
        (Phrase(Who + "secures the connection$"), StepKind.Secures),
        (Phrase(Who + "opens a stream$"), StepKind.OpensStream),
        (Phrase(Who + "arrives$"), StepKind.Arrives),
        (Phrase(Who + "authenticates$"), StepKind.Authenticates),
        (Phrase(Who + "authenticates with:"), StepKind.AuthenticatesWith),
        (Phrase(Who + "resumes$"), StepKind.Resumes),
        (Phrase(Who + "withholds acknowledgements$"), StepKind.Withholds),
        (Phrase(Who + "logs in$"), StepKind.LogsIn),
        (Phrase(Who + "binds$"), StepKind.Binds),
        (Phrase(Who + "sends:"), StepKind.Sends),
        (Phrase(Who + "sends raw:"), StepKind.SendsRaw),
        (Phrase(Who + "sends piecemeal:"), StepKind.SendsPiecemeal),
        (Phrase(Who + "receives:"), StepKind.Receives),
        (Phrase(Who + "receives exactly:"), StepKind.ReceivesExactly),
        (Phrase(Who + "receives in any order:"), StepKind.ReceivesInAnyOrder),
        (Phrase(Who + "receives one of:"), StepKind.ReceivesOneOf),
        (Phrase(Who + "receives stream header:"), StepKind.ReceivesHeader),
        (Phrase(Who + "receives stream error (?<argument>[a-z-]+( or [a-z-]+)*)$"), StepKind.ReceivesStreamError),
        (Phrase(Who + "receives nothing$"), StepKind.ReceivesNothing),
        (Phrase(Who + @"receives nothing from (?<whom>[A-Z]\w*)$"), StepKind.ReceivesNothing),
        (Phrase(Who + @"receives nothing for (?<argument>\d+) ms$"), StepKind.ReceivesNothingFor),
        (Phrase(Who + "ignores:"), StepKind.Ignores),
        (Phrase(Who + "may end the play with:"), StepKind.MayEnd),
        (Phrase(WhoOwn + "stream closes$"), StepKind.StreamCloses),
        (Phrase(WhoOwn + "connection closes$"), StepKind.ConnectionCloses),
        (Phrase(Who + "closes the stream$"), StepKind.ClosesStream),
        (Phrase(Who + "disconnects$"), StepKind.Disconnects),
        (Phrase(Who + "drops the line$"), StepKind.DropsLine),
        (Phrase(Who + "hangs up$"), StepKind.HangsUp),
        (Phrase(Who + "synchronizes$"), StepKind.Synchronizes),
        (Phrase("^everybody settles$"), StepKind.Settles),
        (Phrase(Who + @"is subscribed to (?<whom>[A-Z]\w*)$"), StepKind.IsSubscribed),
        (Phrase(Who + @"and (?<whom>[A-Z]\w*) are subscribed to each other$"), StepKind.AreSubscribed),
        (Phrase($@"^{Remote} is subscribed to (?<who>[A-Z]\w*)$"), StepKind.RemoteIsSubscribed),
        (Phrase(Who + $"is subscribed to {Remote}$"), StepKind.IsSubscribedToRemote),
        (Phrase(Who + $"and {Remote} are subscribed to each other$"), StepKind.IsSubscribedBothWaysToRemote),
        (Phrase(@"^(?<argument>\{.+\}) is (?<second>\{.+\})$"), StepKind.ValuesEqual),
        (Phrase(@"^(?<argument>\{.+\}) is not (?<second>\{.+\})$"), StepKind.ValuesDiffer),
    ];

    /// <summary>Finds the phrase a line begins with. False: there is none.</summary>
    public static bool TryMatch(string line, out StepKind kind, out Match match)
    {
        foreach (var (phrase, candidate) in All)
        {
            match = phrase.Match(line);
            if (!match.Success)
                continue;
            kind = candidate;
            return true;
        }

        (kind, match) = (default, Match.Empty);
        return false;
    }

    private static Regex Phrase(string pattern) => new(pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
}
