using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>Performs one play once.</summary>
public sealed class Performance : IAsyncDisposable
{
    private readonly Play play;
    private readonly Venue venue;
    private readonly Variables variables;
    private readonly Matcher matcher;
    private readonly Dictionary<string, Actor> actors;
    private readonly ActorValues values;
    private readonly Fences fences = new();
    private readonly StepLog? log;
    private readonly Func<CastMember, Venue>? doors;

    /// <param name="accounts">The account of each localpart in the cast.</param>
    /// <param name="log">Told which step looks at what; null: nobody watches.</param>
    /// <param name="doors">Where each member of the cast reaches the server, null: all by the venue itself.</param>
    public Performance(
        Play play, Venue venue, IReadOnlyDictionary<string, Account> accounts, StepLog? log = null, Func<CastMember, Venue>? doors = null)
    {
        (this.play, this.venue, this.log, this.doors) = (play, venue, log, doors);
        variables = new(name => values!.Find(name, variables!.Expand));
        matcher = new(variables);
        var sessions = new Dictionary<string, ManagedSession>(StringComparer.Ordinal);
        actors = play.Cast.Where(static member => !member.IsServer).ToDictionary(
            static member => member.Name,
            member => new Actor(member, accounts[member.Local], doors?.Invoke(member) ?? venue, matcher, log, sessions));
        values = new(venue, actors);
    }

    /// <summary>The step that ended the play before all was performed, null when none did.</summary>
    public Step? EndedAt { get; private set; }

    /// <summary>
    /// Performs every step. At the end everybody who is still connected must have received nothing more than the play says.
    /// </summary>
    /// <returns>Null when all went as written, else what did not.</returns>
    public async Task<Failure?> PerformAsync(CancellationToken cancel)
    {
        if (await TryAsync(StartServersAsync, cancel) is { } absence)
            return new(play.Steps[0].Line, "(the servers of the play appear)", absence);
        foreach (var step in play.Steps)
        {
            if (EndedAt is not null)
                break;
            log?.Current = step;
            if (await TryAsync(() => PerformAsync(step, cancel), cancel) is { } problem)
                return new(step.Line, step.Text, problem);
        }

        log?.Current = null;
        return await TryAsync(() => CurtainAsync(cancel), cancel) is { } leftover
            ? new(play.Steps[^1].Line, Failure.End, leftover)
            : null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var actor in actors.Values)
            await actor.DisposeAsync();
    }

    // The play's boundary: whatever a step throws is its failure, and the other plays go on.
    [SuppressMessage("Design", "CA1031", Justification = "A broken server can make a step fail in any way; each is reported.")]
    private static async Task<string?> TryAsync(Func<Task> step, CancellationToken cancel)
    {
        try
        {
            await step();
            return null;
        }
        catch (PlayFailedException e)
        {
            return e.Message;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private Task StartServersAsync()
    {
        foreach (var member in play.Cast.Where(static member => member.IsServer))
            actors[member.Name] = PeerServer.Start(
                member, doors?.Invoke(member) ?? venue, matcher, ServerSteps.IsLed(play.Steps, member.Name), log);
        return Task.CompletedTask;
    }

    private async Task CurtainAsync(CancellationToken cancel)
    {
        foreach (var actor in actors.Values.Where(static actor => actor is PeerServer server ? server.CanBeFenced : actor.IsOnline))
            await fences.ExpectNothingAsync(actor, [.. Online], cancel);
    }

    private IEnumerable<Actor> Online => actors.Values.Where(static actor => actor.IsOnline);

    private async Task PerformAsync(Step step, CancellationToken cancel)
    {
        var actor = step.Who is null ? null! : ServerSteps.Find(actors, step);
        switch (step.Kind)
        {
            case StepKind.Connects when actor is PeerServer server:
                await server.ConnectAsync(cancel);
                break;
            case StepKind.AcceptsConnection:
                await ((PeerServer)actor).AcceptAsync(cancel);
                break;
            case StepKind.AcceptsStream:
                await ((PeerServer)actor).AcceptStreamAsync(cancel);
                break;
            case StepKind.AnswersStream:
                await ((PeerStream)actor).AnswerStreamAsync(offersTls: false, cancel);
                break;
            case StepKind.ProvesDomain:
                await ((PeerStream)actor).ProveDomainAsync(cancel);
                break;
            case StepKind.AcceptsClaims:
                ((PeerStream)actor).AcceptClaims();
                break;
            case StepKind.GoesAway:
                await ((PeerServer)actor).GoAwayAsync();
                break;
            case StepKind.Secures when actor is PeerStream stream:
                await stream.SecureAsync(cancel);
                break;
            case StepKind.Connects:
                await Login.ConnectAsync(actor, venue, cancel);
                break;
            case StepKind.OpensConnection:
                await actor.OpenConnectionAsync(venue.Tls == TlsMode.Direct, cancel);
                break;
            case StepKind.OpensDirectTls:
                await actor.OpenConnectionAsync(direct: true, cancel);
                break;
            case StepKind.StartsTls:
                await actor.StartTlsAsync(cancel);
                break;
            case StepKind.Secures:
                if (venue.Tls == TlsMode.StartTls)
                    await Login.SecureAsync(actor, cancel);
                break;
            case StepKind.OpensStream:
                await actor.OpenStreamAsync(cancel);
                break;
            case StepKind.Arrives:
                await ModernLogin.ArriveAsync(actor, venue, cancel);
                break;
            case StepKind.Authenticates or StepKind.AuthenticatesWith:
                values.Keep(actor.Name, await ModernLogin.AuthenticateAsync(actor, variables.Expand(step.Body), cancel));
                break;
            case StepKind.Resumes:
                await Login.ResumeAsync(actor, venue, cancel);
                break;
            case StepKind.Withholds:
                actor.Management.Withholds = true;
                break;
            case StepKind.LogsIn:
                await Login.AuthenticateAsync(actor, await actor.OpenStreamAsync(cancel), cancel);
                break;
            case StepKind.Binds:
                await Login.BindAsync(actor, await actor.OpenStreamAsync(cancel), cancel);
                break;
            case StepKind.Sends:
                await SendAsync(actor, variables.Expand(step.Body), cancel);
                break;
            case StepKind.SendsRaw:
                await actor.SendAsync(RawBytes(variables.Expand(step.Body)), cancel);
                break;
            case StepKind.SendsPiecemeal:
                foreach (var octet in Encoding.UTF8.GetBytes(variables.Expand(step.Body)))
                    await actor.SendAsync(new[] { octet }, cancel);
                break;
            case StepKind.Receives or StepKind.ReceivesExactly:
                foreach (var expected in step.Expected)
                    await ExpectAsync(actor, expected, step.Kind == StepKind.ReceivesExactly);
                break;
            case StepKind.ReceivesInAnyOrder:
                await ExpectInAnyOrderAsync(actor, step.Expected);
                break;
            case StepKind.ReceivesOneOf:
                await ExpectOneOfAsync(actor, step.Expected);
                break;
            case StepKind.ReceivesHeader:
                await ExpectHeaderAsync(actor, step.Expected[0]);
                break;
            case StepKind.ReceivesStreamError:
                await StreamEnd.ExpectErrorAsync(actor, step.Argument!.Split(" or "), cancel);
                break;
            case StepKind.ReceivesNothing:
                await fences.ExpectNothingAsync(actor, step.Whom is null ? [.. Online] : [actors[step.Whom]], cancel);
                break;
            case StepKind.ReceivesNothingFor:
                await ExpectSilenceAsync(actor, TimeSpan.FromMilliseconds(int.Parse(step.Argument!, CultureInfo.InvariantCulture)));
                break;
            case StepKind.Ignores:
                actor.Ignore(step.Expected);
                break;
            case StepKind.MayEnd:
                EndedAt = await MayEndAsync(actor, step.Expected) ? step : null;
                break;
            case StepKind.StreamCloses:
                await StreamEnd.ExpectStreamCloseAsync(actor, cancel);
                break;
            case StepKind.ConnectionCloses:
                await StreamEnd.ExpectConnectionCloseAsync(actor);
                break;
            case StepKind.ClosesStream:
                await actor.CloseStreamAsync(cancel);
                break;
            case StepKind.Disconnects:
                await actor.DisconnectAsync(cancel);
                break;
            case StepKind.DropsLine:
                actor.DropLine();
                break;
            case StepKind.HangsUp:
                await actor.HangUpAsync();
                break;
            case StepKind.Synchronizes:
                await fences.SynchronizeAsync(actor, venue.Domain, cancel);
                break;
            case StepKind.Settles:
                await fences.SettleAsync([.. Online], cancel);
                break;
            case StepKind.IsSubscribed:
                await SubscribeAsync(actor, actors[step.Whom!], cancel);
                break;
            case StepKind.AreSubscribed:
                await SubscribeAsync(actor, actors[step.Whom!], cancel);
                await SubscribeAsync(actors[step.Whom!], actor, cancel);
                break;
            case StepKind.RemoteIsSubscribed or StepKind.IsSubscribedToRemote or StepKind.IsSubscribedBothWaysToRemote:
                await SubscribeAcrossAsync(actor, (PeerServer)actors[step.Whom!], variables.Expand(step.Argument!), step.Kind, cancel);
                break;
            case StepKind.ValuesEqual:
                Compare(step, equal: true);
                break;
            case StepKind.ValuesDiffer:
                Compare(step, equal: false);
                break;
            default:
                throw new FormatException($"no such step: {step.Kind}");
        }
    }

    private async Task ExpectAsync(Actor actor, Expectation expected, bool exact)
    {
        if (ManagedSession.IsAcknowledgement(expected.Pattern))
        {
            await ExpectAcknowledgementAsync(actor, expected, exact);
            return;
        }

        var came = await actor.ReceiveAsync(expected.ToString());
        var difference = came is Received.Stanza stanza ? matcher.Explain(expected, stanza.Value, exact) : "it is no element";
        if (difference is not null)
            throw new PlayFailedException(expected.ToString(), $"{came}{Environment.NewLine}          {difference}");
        if (expected.Pattern.Is(Namespaces.Client, "iq") && came is Received.Stanza { Value: var iq }
            && iq.Child(Namespaces.Bind, "bind")?.Child(Namespaces.Bind, "jid") is { } jid)
            actor.NoteBound(jid.Text); // a play that binds by hand goes on as one that "connects"
        if (actor is PeerStream stream && came is Received.Stanza { Value: var result } && result.Is(Dialback.Ns, "result") && result["type"] == "valid")
            stream.NoteProven(); // and likewise one that does its dialback by hand
    }

    // Others may have come before it, for either side may send them at any time (XEP-0198 §4).
    private async Task ExpectAcknowledgementAsync(Actor actor, Expectation expected, bool exact)
    {
        var (wanted, others) = (expected.ToString(), "");
        while (matcher.Explain(expected, await actor.ReceiveAcknowledgementAsync(wanted + others), exact) is not null)
            others = $" behind {actor.Last}";
    }

    private async Task ExpectInAnyOrderAsync(Actor actor, IReadOnlyList<Expectation> expected)
    {
        var wanted = string.Join(Environment.NewLine, expected);
        var came = new List<Element>();
        while (came.Count < expected.Count)
        {
            var missing = came.Count == 0 ? "" : $"{Environment.NewLine}          after {string.Join(Environment.NewLine, came)}";
            came.Add(await actor.ReceiveStanzaAsync(wanted + missing));
        }

        if (matcher.ExplainUnordered(expected, came) is { } difference)
            throw new PlayFailedException(wanted, $"{string.Join(Environment.NewLine, came)}{Environment.NewLine}          {difference}");
    }

    private async Task ExpectOneOfAsync(Actor actor, IReadOnlyList<Expectation> expected)
    {
        var wanted = string.Join($"{Environment.NewLine}or ", expected);
        var came = await actor.ReceiveStanzaAsync(wanted);
        if (!expected.Any(expectation => matcher.Explain(expectation, came, exact: false) is null))
            throw new PlayFailedException(wanted, came.ToString());
    }

    private async Task<bool> MayEndAsync(Actor actor, IReadOnlyList<Expectation> endings)
    {
        var came = await actor.ReceiveAsync("anything");
        if (came is Received.Stanza stanza && endings.Any(ending => matcher.Explain(ending, stanza.Value, exact: false) is null))
            return true;
        actor.PutBack(came);
        return false;
    }

    private async Task ExpectHeaderAsync(Actor actor, Expectation expected)
    {
        if (await actor.ReceiveAsync(expected.ToString()) is not Received.Header { Value: var header })
            throw actor.Unexpected(expected.ToString());
        actor.Note(header);
        var element = new Element(Namespaces.Streams, "stream")
            .With("from", header.From).With("to", header.To).With("id", header.Id).With("version", header.Version);
        if (header.Lang is { } lang)
            element = element.With(new XmlAttribute(new QName(Namespaces.Xml, "lang"), lang));
        if (matcher.Explain(expected, element, exact: false) is { } difference)
            throw new PlayFailedException(expected.ToString(), $"{actor.Last}{Environment.NewLine}          {difference}");
    }

    private static async Task ExpectSilenceAsync(Actor actor, TimeSpan time)
    {
        try
        {
            await actor.ReceiveAsync("nothing", time);
        }
        catch (PlayFailedException)
        {
            return;
        }

        throw actor.Unexpected($"nothing for {time.TotalMilliseconds} ms");
    }

    // What the two receive meanwhile is the subject of plays of its own.
    private async Task SubscribeAsync(Actor watcher, Actor presentity, CancellationToken cancel)
    {
        await watcher.SendAsync($"<presence to='{presentity.Account.Bare}' type='subscribe'/>", cancel);
        await fences.SettleAsync([.. Online], cancel);
        await presentity.SendAsync($"<presence to='{watcher.Account.Bare}' type='subscribed'/>", cancel);
        await fences.SettleAsync([.. Online], cancel);
    }

    private async Task SendAsync(Actor actor, string text, CancellationToken cancel)
    {
        foreach (var server in actors.Values.OfType<PeerServer>())
            server.Meet(text);
        await actor.SendAsync(text, cancel);
    }

    private async Task SubscribeAcrossAsync(Actor client, PeerServer server, string remote, StepKind kind, CancellationToken cancel)
    {
        if (kind is not StepKind.IsSubscribedToRemote)
            await AskAndApproveAsync(server, remote, client, client.Account.Bare);
        if (kind is not StepKind.RemoteIsSubscribed)
            await AskAndApproveAsync(client, client.Account.Bare, server, remote);

        async Task AskAndApproveAsync(Actor watcher, string watcherJid, Actor presentity, string presentityJid)
        {
            await SendAsync(watcher, $"<presence from='{watcherJid}' to='{presentityJid}' type='subscribe'/>", cancel);
            await fences.SettleAsync([.. Online], cancel);
            await SendAsync(presentity, $"<presence from='{presentityJid}' to='{watcherJid}' type='subscribed'/>", cancel);
            await fences.SettleAsync([.. Online], cancel);
        }
    }

    private void Compare(Step step, bool equal)
    {
        var (left, right) = (variables.Expand(step.Argument!), variables.Expand(step.Second!));
        if (string.Equals(left, right, StringComparison.Ordinal) != equal)
            throw new PlayFailedException(step.Text, $"'{left}' and '{right}'");
    }

    /// <summary>Reads the escapes of <see cref="Variables.Unescape"/> and <c>\xHH</c>, one octet.</summary>
    private static byte[] RawBytes(string text)
    {
        var bytes = new List<byte>();
        var pieces = text.Split(@"\x");
        bytes.AddRange(Encoding.UTF8.GetBytes(Variables.Unescape(pieces[0])));
        foreach (var piece in pieces[1..])
        {
            bytes.Add(byte.Parse(piece.AsSpan(0, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            bytes.AddRange(Encoding.UTF8.GetBytes(Variables.Unescape(piece[2..])));
        }

        return [.. bytes];
    }
}
