using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Streams.Sasl;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>The extensible SASL profile (XEP-0388 1.0.4): authentication, upgrades of what is stored, and the session, in one exchange.</summary>
internal sealed class Sasl2Negotiation(
    MechanismOffer offer, Authenticator authenticator, KeyUpgrade upgrade, Tokens tokens, KnownClients clients, SignIn signIn, ServerOptions options) : IStreamFeature
{
    /// <summary>§5: never without TLS.</summary>
    public StreamState Required => StreamState.Secure;

    public StreamState Prohibited => StreamState.Authenticated;

    public void Advertise(ClientStream stream, List<Element> features) =>
        features.Add(Sasl2Elements.Authentication(offer.For(stream), signIn.Offer(stream), upgrade.Offer));

    public bool Accepts(RawElement element) => element.Name.Namespace == Sasl2Elements.Ns;

    public ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel) => (element.Name.Name, stream.Sasl!.SignIn) switch
    {
        ("authenticate", null) when !stream.Sasl.HasContinued => BeginAsync(stream, element.ToElement(), cancel),
        ("abort", _) => FailAsync(stream, Authenticator.Failure(SaslFailure.Aborted), null, cancel),
        ("response", { Tasks: null }) => RespondAsync(stream, element.ToElement(), cancel),
        ("next", { Tasks: { Count: > 0 } left }) when !left.Peek().IsBegun => BeginTaskAsync(stream, left.Peek(), element["task"], cancel),
        ("task-data", { Tasks: { Count: > 0 } left }) when left.Peek().IsBegun => EndTaskAsync(stream, element.ToElement(), cancel),
        // §2.4, §6.9: nothing else, and nothing twice.
        _ => throw new StreamException(StreamError.NotAuthorized),
    };

    public async ValueTask<StreamStep> RefuseAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        // §6.9: not again behind a success.
        if (stream.State.HasFlag(StreamState.Authenticated) || element.Name.Name != "authenticate") throw new StreamException(StreamError.NotAuthorized);
        return await FailAsync(stream, Authenticator.Failure(SaslFailure.EncryptionRequired), null, cancel);
    }

    private async ValueTask<StreamStep> BeginAsync(ClientStream stream, Element element, CancellationToken cancel)
    {
        if (SignInRequest.Read(element, out string? problem) is not { } request)
            return await FailAsync(stream, Authenticator.Failure(SaslFailure.MalformedRequest), problem, cancel);
        stream.Sasl!.SignIn = new SignInProgress(request);
        string mechanism = request.Mechanism;
        SaslServer? server = (request.Fast is null ? null : tokens.Start(stream, mechanism)) ?? offer.Start(stream, mechanism, protect: options.Auth.DowngradeProtection);
        return await GoOnAsync(stream, await authenticator.BeginAsync(stream, mechanism, server, request.InitialResponse, cancel), cancel);
    }

    private async ValueTask<StreamStep> RespondAsync(ClientStream stream, Element element, CancellationToken cancel) =>
        await GoOnAsync(stream, await authenticator.RespondAsync(stream, Sasl2Elements.Data(element), cancel), cancel);

    private async ValueTask<StreamStep> GoOnAsync(ClientStream stream, SaslStep step, CancellationToken cancel)
    {
        switch (step.Kind)
        {
            case SaslStepKind.Challenge:
                await stream.SendAsync(Sasl2Elements.Challenge(step.Data), cancel);
                return StreamStep.Continue;
            case SaslStepKind.Success when stream.Claimed is null || stream.Claimed == stream.Sasl!.Address:
                SaslProgress progress = stream.Sasl!;
                progress.SignIn!.Tasks = upgrade.Of(progress.SignIn, progress.Account!);
                return await FinishAsync(stream, step.Data, cancel);
            case SaslStepKind.Success:
                // §2.3: the header said who it would be.
                return await FailAsync(stream, Authenticator.Failure(SaslFailure.InvalidAuthzid, step.AuthenticationId), null, cancel);
            default:
                return await FailAsync(stream, step, null, cancel);
        }
    }

    private async ValueTask<StreamStep> FinishAsync(ClientStream stream, ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        SignInProgress progress = stream.Sasl!.SignIn!;
        if (progress.Tasks!.TryPeek(out UpgradeTask? task))
        {
            // XEP-0480 §2.3: one at a time.
            stream.Sasl.HasContinued = true;
            await stream.SendAsync(Sasl2Elements.Continue(data, task.Name, "This client offered to supply keys that the account lacks."), cancel);
            return StreamStep.Continue;
        }
        NewToken? token = null;
        if (progress.Request.ClientId is { } agent)
        {
            ClientVisit visit = progress.Visit = VisitOf(stream.Sasl, agent);
            if (progress.Token is null && progress.Request.TokenMechanism is null)
            {
                clients.Note(visit);
            }
            else
            {
                (token, SaslFailure? failure) = await tokens.SettleAsync(stream, visit);
                if (failure is { } condition) return await FailAsync(stream, Authenticator.Failure(condition), null, cancel);
            }
        }
        authenticator.Accept(stream, restarts: false);
        await signIn.CompleteAsync(stream, progress.Request, data, token, cancel);
        return StreamStep.Continue;
    }

    private ClientVisit VisitOf(SaslProgress progress, string agent) => new(clients.IdOfAgent(progress.Address!, agent), progress.Mechanism, progress.SignIn!.Token is null, progress.Account!)
    {
        Software = progress.SignIn.Request.Software,
        Device = progress.SignIn.Request.Device,
    };

    private static async ValueTask<StreamStep> BeginTaskAsync(ClientStream stream, UpgradeTask task, string? name, CancellationToken cancel)
    {
        // §2.6.3: one of those that were offered.
        if (name != task.Name) throw new StreamException(StreamError.NotAuthorized);
        task.IsBegun = true;
        await stream.SendAsync(Sasl2Elements.Salt(task.Salt, task.Iterations), cancel);
        return StreamStep.Continue;
    }

    private async ValueTask<StreamStep> EndTaskAsync(ClientStream stream, Element element, CancellationToken cancel)
    {
        SignInProgress progress = stream.Sasl!.SignIn!;
        SaslFailure? failure;
        try
        {
            failure = await upgrade.StoreAsync(stream.Sasl.Account!, progress.Tasks!.Dequeue(), element, cancel);
        }
        catch (StorageException)
        {
            // The engine has logged it.
            failure = SaslFailure.TemporaryAuthFailure;
        }
        return failure is { } condition
            ? await FailAsync(stream, Authenticator.Failure(condition), null, cancel)
            : await FinishAsync(stream, default, cancel);
    }

    private async ValueTask<StreamStep> FailAsync(ClientStream stream, SaslStep step, string? text, CancellationToken cancel)
    {
        bool last = authenticator.CountFailure(stream, step);
        // §2.6.2: nothing of what was asked for beside is done.
        stream.Sasl!.SignIn = null;
        await stream.SendAsync(Sasl2Elements.Failure(step.Failure, text ?? Authenticator.TextOf(step.Failure)), cancel);
        // RFC 6120 §6.4.5: after too many tries the stream ends.
        return last ? throw new StreamException(StreamError.PolicyViolation) : StreamStep.Continue;
    }
}
