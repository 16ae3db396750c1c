using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>SASL (RFC 6120 §6): an unknown account is not told from a wrong password, by content or by time.</summary>
internal sealed class SaslNegotiation(
    ServerOptions options,
    MechanismOffer offer,
    Credentials credentials,
    LoginThrottle throttle,
    TimeProvider time,
    ILogger<SaslNegotiation> log) : IStreamFeature, IDisposable
{
    private const int LongestShown = 100;

    // A derivation takes milliseconds of a core: as many at a time as there are cores, the rest of the work goes on beside them.
    private readonly SemaphoreSlim deriving = new(Environment.ProcessorCount);

    public StreamState Required { get; } = options.Tls.Required ? StreamState.Secure : StreamState.None;

    public StreamState Prohibited => StreamState.Authenticated;

    public void Advertise(ClientStream stream, List<Element> features)
    {
        features.Add(SaslElements.Mechanisms(offer.For(stream)));
        if (offer.OffersBinding(stream)) features.Add(SaslElements.ChannelBindings(stream.Binding!.Type));
    }

    public bool Accepts(RawElement element) => element.Name.Namespace == Namespaces.Sasl && element.Name.Name is "auth" or "response" or "abort";

    public ValueTask<StreamStep> NegotiateAsync(ClientStream stream, RawElement element, CancellationToken cancel) => element.Name.Name switch
    {
        "auth" => BeginAsync(stream, element, cancel),
        "response" => RespondAsync(stream, element, cancel),
        _ => FailAsync(stream, new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.Aborted), cancel),
    };

    public async ValueTask<StreamStep> RefuseAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        if (stream.State.HasFlag(StreamState.Authenticated)) throw new StreamException(StreamError.NotAuthorized);
        // RFC 6120 §6.5.4: TLS comes first.
        return await FailAsync(stream, new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.EncryptionRequired), cancel);
    }

    public void Dispose() => deriving.Dispose();

    private async ValueTask<StreamStep> BeginAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        SaslProgress progress = stream.Sasl!;
        progress.End();
        string mechanism = element["mechanism"] ?? "";
        if (offer.Start(stream, mechanism) is not SaslServer server)
            return await FailAsync(stream, new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.InvalidMechanism), cancel);
        progress.Begin(mechanism, server);
        if (!SaslElements.TryData(element, out byte[]? data))
            return await FailAsync(stream, new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.IncorrectEncoding), cancel);
        if (data is null)
        {
            // RFC 4422 §3: every mechanism here begins with the client; an empty challenge asks it to.
            await stream.SendAsync(SaslElements.Challenge(default), cancel);
            return StreamStep.Continue;
        }
        return await StepAsync(stream, server.Respond(data), cancel);
    }

    private async ValueTask<StreamStep> RespondAsync(ClientStream stream, RawElement element, CancellationToken cancel)
    {
        SaslFailure failure = !SaslElements.TryData(element, out byte[]? data) ? SaslFailure.IncorrectEncoding : SaslFailure.MalformedRequest;
        // A response to nothing is as malformed as one that cannot be read.
        if (failure == SaslFailure.IncorrectEncoding || stream.Sasl!.Server is not SaslServer server)
            return await FailAsync(stream, new SaslStep(SaslStepKind.Failure, Failure: failure), cancel);
        return await StepAsync(stream, server.Respond(data ?? []), cancel);
    }

    private async ValueTask<StreamStep> StepAsync(ClientStream stream, SaslStep step, CancellationToken cancel)
    {
        if (step.Kind == SaslStepKind.NeedKeys)
        {
            try
            {
                step = await ProvideAsync(stream, step, cancel);
            }
            catch (StorageException e)
            {
                StreamLog.StoreUnreadable(log, e);
                step = Failure(SaslFailure.TemporaryAuthFailure, step.AuthenticationId);
            }
        }
        // Many tries may have begun side by side before the first of them failed: whoever is refused by now learns nothing of his.
        if (IsVerdict(stream.Sasl!, step) && IsRefused(stream)) step = Failure(SaslFailure.TemporaryAuthFailure, step.AuthenticationId);
        switch (step.Kind)
        {
            case SaslStepKind.Challenge:
                await stream.SendAsync(SaslElements.Challenge(step.Data), cancel);
                return StreamStep.Continue;
            case SaslStepKind.Success:
                return await SucceedAsync(stream, step, cancel);
            default:
                return await FailAsync(stream, step, cancel);
        }
    }

    /// <summary>Looks the account up and goes on with its keys, or with fake ones.</summary>
    private async ValueTask<SaslStep> ProvideAsync(ClientStream stream, SaslStep step, CancellationToken cancel)
    {
        SaslProgress progress = stream.Sasl!;
        string name = step.AuthenticationId ?? "";
        Jid? address = AddressOf(name, stream.Domain);
        if (address is not null)
        {
            (Account? account, bool known) = await credentials.FindAsync(address, stream.Address, cancel);
            progress.Address = address;
            progress.Account = account;
            progress.IsAtHome = known;
        }
        if (IsRefused(stream)) return Failure(SaslFailure.TemporaryAuthFailure, name);
        // An address that has logged in to the account before pays nothing for others' failures.
        if (address is not null && !progress.IsAtHome && throttle.Delay(address) is { Ticks: > 0 } delay) await Task.Delay(delay, time, cancel);

        bool isScram = ScramHashes.TryParseMechanism(progress.Mechanism, out ScramHash hash, out _);
        (ScramKeys keys, bool real) = await credentials.KeysAsync(progress.Account, address?.ToString() ?? name, isScram ? hash : null, cancel);
        progress.HasKeys = true;
        if (isScram) return progress.Server!.Provide(keys, real);

        await deriving.WaitAsync(cancel);
        try
        {
            // Off the loop that also moves the socket's bytes.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return progress.Server!.Provide(keys, real);
        }
        finally
        {
            deriving.Release();
        }
    }

    private async ValueTask<StreamStep> SucceedAsync(ClientStream stream, SaslStep step, CancellationToken cancel)
    {
        Jid account = stream.Sasl!.Address!;
        throttle.Succeeded(account);
        // Only who knows the password learns that the account is closed.
        if (stream.Sasl.Account!.Disabled) return await FailAsync(stream, Failure(SaslFailure.AccountDisabled, step.AuthenticationId), cancel);
        if (!MayActAs(step.AuthorizationId, account)) return await FailAsync(stream, Failure(SaslFailure.InvalidAuthzid, step.AuthenticationId), cancel);
        // RFC 6120 §6.4.6: the header said who it would be.
        if (stream.Claimed is not null && stream.Claimed != account) throw new StreamException(StreamError.InvalidFrom);

        credentials.Remember(account, stream.Address);
        stream.Authenticate(account);
        await stream.SendAsync(SaslElements.Success(step.Data), cancel);
        return StreamStep.Restart;
    }

    private async ValueTask<StreamStep> FailAsync(ClientStream stream, SaslStep step, CancellationToken cancel)
    {
        SaslProgress progress = stream.Sasl!;
        string mechanism = progress.Mechanism;
        if (IsVerdict(progress, step)) throttle.Failed(stream.Address, progress.Address, progress.IsAtHome);
        progress.End();
        bool last = progress.CountFailure(mechanism, step.IsChannelBindingMismatch);

        string condition = step.Failure.ToElementName();
        string? name = Shown(step.AuthenticationId);
        StreamLog.LoginRefused(log, name, mechanism, stream.Address, step.IsChannelBindingMismatch ? condition + " (channel binding)" : condition);
        string? text = step.Failure == SaslFailure.TemporaryAuthFailure ? "Try again in a minute." : null;
        await stream.SendAsync(SaslElements.Failure(step.Failure, text), cancel);
        // RFC 6120 §6.4.5: after too many tries the stream ends.
        return last ? throw new StreamException(StreamError.PolicyViolation) : StreamStep.Continue;
    }

    private bool IsRefused(ClientStream stream) => stream.Sasl is { IsAtHome: true, Address: Jid account }
        ? throttle.IsRefusedAtHome(stream.Address, account)
        : throttle.IsRefused(stream.Address);

    /// <summary>True when a step tells whether a password was right.</summary>
    private static bool IsVerdict(SaslProgress progress, SaslStep step) =>
        progress.HasKeys && (step.Kind == SaslStepKind.Success || (step is { Kind: SaslStepKind.Failure, Failure: SaslFailure.NotAuthorized, IsChannelBindingMismatch: false }));

    /// <summary>A name for the log: it may be as long as an element before authentication, and each try is a line.</summary>
    private static string? Shown(string? name) => name?.Length > LongestShown ? name[..LongestShown] + "…" : name;

    private static SaslStep Failure(SaslFailure failure, string? name) => new(SaslStepKind.Failure, Failure: failure, AuthenticationId: name);

    /// <summary>RFC 6120 §6.3.8: the bare JID of a simple user name. COMPAT: some clients give the whole bare JID; "@" is in no local part.</summary>
    private static Jid? AddressOf(string name, string domain)
    {
        int at = name.IndexOf('@');
        if (at >= 0 && !(JidPreparation.TryDomain(name.AsSpan(at + 1), out string? named) && named == domain)) return null;
        return JidPreparation.TryLocal(at < 0 ? name : name.AsSpan(0, at), out string? local) && Jid.TryParse($"{local}@{domain}", out Jid? jid) ? jid : null;
    }

    /// <summary>RFC 6120 §6.3.8: an account acts as itself only.</summary>
    private static bool MayActAs(string? authorizationId, Jid account) =>
        string.IsNullOrEmpty(authorizationId) || (Jid.TryParse(authorizationId, out Jid? asked) && asked == account);
}
