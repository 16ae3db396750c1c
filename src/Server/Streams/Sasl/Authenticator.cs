using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>
/// SASL (RFC 6120 §6) whatever its elements look like on the wire (<see cref="SaslNegotiation"/>, <see cref="Sasl2.Sasl2Negotiation"/>): an
/// unknown account is not told from a wrong password, by content or by time. It answers with steps that are a challenge, a success which
/// holds in every respect, or a failure, which the caller has to hand to <see cref="CountFailure"/>.
/// </summary>
internal sealed class Authenticator(
    ServerOptions options,
    Credentials credentials,
    LoginThrottle throttle,
    Sasl2.Tokens tokens,
    KnownClients clients,
    TimeProvider time,
    ILogger<Authenticator> log) : IDisposable
{
    private const int LongestShown = 100;

    // A derivation takes milliseconds of a core: as many at a time as there are cores, the rest of the work goes on beside them.
    private readonly SemaphoreSlim deriving = new(Environment.ProcessorCount);

    /// <summary>RFC 6120 §13.8.4: not in the clear, unless the whole server is one for tests on the loopback.</summary>
    public StreamState Required { get; } = options.Tls.Required ? StreamState.Secure : StreamState.None;

    /// <summary>Starts a mechanism; one that was running is dropped (RFC 6120 §6.4.2).</summary>
    /// <param name="stream">Where.</param>
    /// <param name="mechanism">The name the client gave.</param>
    /// <param name="server">The mechanism; null when it was not offered.</param>
    /// <param name="data">The initial response, which may have none; null when it could not be read.</param>
    /// <param name="cancel">The stream ends.</param>
    public async ValueTask<SaslStep> BeginAsync(ClientStream stream, string mechanism, SaslServer? server, SaslData? data, CancellationToken cancel)
    {
        SaslProgress progress = stream.Sasl!;
        progress.End();
        if (server is null) return Failure(SaslFailure.InvalidMechanism);
        progress.Begin(mechanism, server);
        if (data is not { } given) return Failure(SaslFailure.IncorrectEncoding);
        // RFC 4422 §3: every mechanism here begins with the client; an empty challenge asks it to.
        return given.Octets is null ? new SaslStep(SaslStepKind.Challenge) : await StepAsync(stream, server.Respond(given.Octets), cancel);
    }

    /// <summary>Goes on with a response.</summary>
    public ValueTask<SaslStep> RespondAsync(ClientStream stream, SaslData? data, CancellationToken cancel)
    {
        if (data is not { } given) return new(Failure(SaslFailure.IncorrectEncoding));
        // A response to nothing is as malformed as one that cannot be read.
        return stream.Sasl!.Server is { } server ? StepAsync(stream, server.Respond(given.Octets ?? []), cancel) : new(Failure(SaslFailure.MalformedRequest));
    }

    /// <summary>The success is told: the stream belongs to the account.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="restarts">True when the client opens a new stream (RFC 6120 §6.4.6).</param>
    public void Accept(ClientStream stream, bool restarts)
    {
        SaslProgress progress = stream.Sasl!;
        credentials.Remember(progress.Address!, stream.Address);
        var signedIn = new SignedIn(progress.Account!, progress.Mechanism, ByPassword: progress.SignIn?.Token is null) { Revocations = progress.Revocations };
        if (progress.SignIn is { } signIn)
        {
            signedIn = signedIn with
            {
                Client = signIn.Visit?.Id,
                Software = signIn.Request.Software,
                Device = signIn.Request.Device,
            };
        }
        stream.Authenticate(signedIn, restarts);
    }

    /// <summary>A failure, or the client's abort. Returns true when it was one too many (RFC 6120 §6.4.5): the stream is to end behind it.</summary>
    public bool CountFailure(ClientStream stream, SaslStep step)
    {
        SaslProgress progress = stream.Sasl!;
        string mechanism = progress.Mechanism;
        if (IsVerdict(progress, step)) throttle.Failed(stream.Address, progress.Address, progress.IsAtHome);
        progress.End();
        string condition = step.Failure.ToElementName();
        string? name = Shown(step.AuthenticationId);
        StreamLog.LoginRefused(log, name, mechanism, stream.Address, step.IsChannelBindingMismatch ? condition + " (channel binding)" : condition);
        return progress.CountFailure(mechanism, step.IsChannelBindingMismatch);
    }

    /// <summary>What a person is told of a failure beside its condition; null for nothing.</summary>
    public static string? TextOf(SaslFailure failure) => failure == SaslFailure.TemporaryAuthFailure ? "Try again in a minute." : null;

    public static SaslStep Failure(SaslFailure failure, string? name = null) => new(SaslStepKind.Failure, Failure: failure, AuthenticationId: name);

    public void Dispose() => deriving.Dispose();

    private async ValueTask<SaslStep> StepAsync(ClientStream stream, SaslStep step, CancellationToken cancel)
    {
        if (step.Kind is SaslStepKind.NeedKeys or SaslStepKind.NeedToken)
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
        return step.Kind == SaslStepKind.Success ? Admit(stream, step) : step;
    }

    /// <summary>Looks the account up and goes on with its keys, or with fake ones, or with the tokens of its client.</summary>
    private async ValueTask<SaslStep> ProvideAsync(ClientStream stream, SaslStep step, CancellationToken cancel)
    {
        SaslProgress progress = stream.Sasl!;
        string name = step.AuthenticationId ?? "";
        Jid? address = AddressOf(name, stream.Domain);
        if (address is not null)
        {
            progress.Revocations = clients.Revocations;
            (Account? account, bool known) = await credentials.FindAsync(address, stream.Address, cancel);
            progress.Address = address;
            progress.Account = account;
            progress.IsAtHome = known;
        }
        if (IsRefused(stream)) return Failure(SaslFailure.TemporaryAuthFailure, name);
        // An address that has logged in to the account before pays nothing for others' failures.
        if (address is not null && !progress.IsAtHome && throttle.Delay(address) is { Ticks: > 0 } delay) await Task.Delay(delay, time, cancel);

        if (step.Kind == SaslStepKind.NeedToken) return await tokens.TryAsync(stream, name, cancel);
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

    private SaslStep Admit(ClientStream stream, SaslStep step)
    {
        Jid account = stream.Sasl!.Address!;
        throttle.Succeeded(account);
        // Only who knows the password learns that the account is closed.
        if (stream.Sasl.Account!.Disabled) return Failure(SaslFailure.AccountDisabled, step.AuthenticationId);
        return MayActAs(step.AuthorizationId, account) ? step : Failure(SaslFailure.InvalidAuthzid, step.AuthenticationId);
    }

    private bool IsRefused(ClientStream stream) => stream.Sasl is { IsAtHome: true, Address: Jid account }
        ? throttle.IsRefusedAtHome(stream.Address, account)
        : throttle.IsRefused(stream.Address);

    /// <summary>True when a step tells whether a password was right.</summary>
    private static bool IsVerdict(SaslProgress progress, SaslStep step) =>
        progress.HasKeys && (step.Kind == SaslStepKind.Success || (step is { Kind: SaslStepKind.Failure, Failure: SaslFailure.NotAuthorized, IsChannelBindingMismatch: false }));

    /// <summary>A name for the log: it may be as long as an element before authentication, and each try is a line.</summary>
    private static string? Shown(string? name) => name?.Length > LongestShown ? name[..LongestShown] + "…" : name;

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
