using System.Buffers.Text;
using System.Security.Cryptography;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Streams.Sasl;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>
/// Tokens that let one client in again (XEP-0484 0.2.0): given, taken, replaced and invalidated. What is kept of them lets nobody in: see
/// docs/adr/0009.
/// </summary>
internal sealed class Tokens(KnownClients clients, MechanismOffer offer, ServerOptions options, TimeProvider time)
{
    private const int TokenBytes = 32;
    private static readonly TimeSpan FreshFor = TimeSpan.FromDays(1);
    private readonly TimeSpan lifetime = TimeSpan.FromDays(options.Auth.TokenDays);

    /// <summary>What a stream is offered, that which binds the channel first (§3.1).</summary>
    public IEnumerable<HtMechanism> For(ClientStream stream) =>
        options.Auth.TokenDays == 0 ? []
        : offer.OffersBinding(stream) ? [HtMechanism.ServerEndPoint, HtMechanism.None]
        : [HtMechanism.None];

    /// <summary>Starts a mechanism that takes a token; null when the stream was not offered it.</summary>
    public HtServer? Start(ClientStream stream, string mechanism) =>
        HtMechanisms.TryParseMechanism(mechanism, out HtMechanism asked) && For(stream).Contains(asked) ? new HtServer() : null;

    /// <summary>Goes on with the tokens of the client that the stream says it is. As much work for one that is not known.</summary>
    /// <exception cref="StorageException">The store cannot be read.</exception>
    public async ValueTask<SaslStep> TryAsync(ClientStream stream, string name, CancellationToken cancel)
    {
        SaslProgress progress = stream.Sasl!;
        SignInProgress signIn = progress.SignIn!;
        Jid account = progress.Address ?? Jid.Parse(stream.Domain);
        if (!HtMechanisms.TryParseMechanism(progress.Mechanism, out HtMechanism mechanism)) throw new InvalidOperationException("The mechanism takes no token.");
        ReadOnlyMemory<byte> binding = BindingOf(stream, mechanism);
        ClientRecord? client = await clients.FindAsync(account, clients.IdOfAgent(account, signIn.Request.ClientId ?? ""), cancel);
        if (progress.Account is null || signIn.Request.ClientId is null) client = null;

        // §3.4: a token is for one mechanism alone.
        ClientToken[] fitting = [.. new[] { client?.Next, client?.Current }.OfType<ClientToken>().Where(token => token.Mechanism == mechanism)];
        ClientToken[] usable = [.. fitting.Where(token => token.Binding.Span.SequenceEqual(binding.Span))];
        var server = (HtServer)progress.Server!;
        SaslStep step = server.Provide([.. usable.Select(static token => token.Verifier)]);
        progress.HasKeys = true;
        if (step.Kind == SaslStepKind.Success)
        {
            signIn.Token = usable[server.Matched];
            return IsTaken(signIn.Token, signIn.Request.Fast) ? step : Authenticator.Failure(SaslFailure.CredentialsExpired, name);
        }
        // The server has another certificate by now: the token cannot be recognised, and the client is not to blame.
        return fitting.Length > usable.Length ? Authenticator.Failure(SaslFailure.CredentialsExpired, name) with { IsChannelBindingMismatch = true } : step;
    }

    /// <summary>
    /// The client has authenticated fully: its token is used up or replaced as it must be, and the one it asked for is made. Everything is
    /// durable before it is told.
    /// </summary>
    /// <returns>The token to give it, or why it is not let in after all; both null otherwise.</returns>
    public async ValueTask<(NewToken? Given, SaslFailure? Failure)> SettleAsync(ClientStream stream, ClientVisit visit)
    {
        SignInProgress signIn = stream.Sasl!.SignIn!;
        NewToken? made = null;
        bool isGone = false;
        ClientRecord? Change(ClientRecord? before)
        {
            DateTimeOffset now = time.GetUtcNow();
            ClientRecord client = clients.Known(visit).Note(before, now);
            if (signIn.Token is { } used)
            {
                // Somebody may have used or revoked it since it was looked at.
                if (Use(client, used, signIn.Request.Fast) is not { } after) return Gone();
                client = after;
            }
            if (Wanted(stream, signIn, now) is not { } mechanism) return client;
            made = Make(mechanism, now);
            ReadOnlyMemory<byte> binding = BindingOf(stream, mechanism);
            // §3.5: one that was given before and never used is not taken any more.
            return client with { Next = new ClientToken(mechanism, binding, HtVerifier.Of(made.Token, binding.Span), now, made.Expires) };
        }

        ClientRecord? Gone()
        {
            isGone = true;
            return null;
        }

        try
        {
            bool isThere = await clients.ChangeAsync(visit, Change);
            if (isGone || !isThere) return (null, SaslFailure.CredentialsExpired);
            return (made, null);
        }
        catch (StorageException)
        {
            // The engine has logged it. A client need not be told to go for that, but one that wants its token to die must not believe that it did.
            return (null, signIn.Request.Fast?.Invalidates == true ? SaslFailure.TemporaryAuthFailure : null);
        }
    }

    private ClientRecord? Use(ClientRecord client, ClientToken used, FastRequest? request)
    {
        bool isNext = IsSame(client.Next, used);
        ClientToken? token = isNext ? client.Next : IsSame(client.Current, used) ? client.Current : null;
        if (token is null || !IsTaken(token, request)) return null;
        token = token with { Count = request?.Count ?? token.Count };
        // §3.5: with one in use, those that end earlier are over, whichever was given first.
        ClientToken? other = isNext || client.Next?.Expires < token.Expires ? null : client.Next;
        client = client with { Current = token, Next = other };
        return request?.Invalidates == true ? client.WithoutTokens() : client;
    }

    /// <summary>The mechanism of the token that the client is to be given; null for none.</summary>
    private HtMechanism? Wanted(ClientStream stream, SignInProgress signIn, DateTimeOffset now)
    {
        if (signIn.Request.ClientId is null) return null;
        if (HtMechanisms.TryParseMechanism(signIn.Request.TokenMechanism, out HtMechanism asked) && For(stream).Contains(asked)) return asked;
        // §3.5: unasked, when the one it has is no longer fresh; §3.6: but not when it wants to have none.
        bool isStale = signIn.Token is { } used && now - used.Issued >= (lifetime / 2 < FreshFor ? lifetime / 2 : FreshFor);
        return isStale && signIn.Request.Fast?.Invalidates != true ? signIn.Token!.Mechanism : null;
    }

    /// <summary>§5: neither too old nor revoked; and where a client counts, not a count that was there before.</summary>
    private bool IsTaken(ClientToken token, FastRequest? request) => token.IsLive(time.GetUtcNow()) && !(request?.Count <= token.Count);

    private NewToken Make(HtMechanism mechanism, DateTimeOffset now)
    {
        // Whole seconds, as the client is told.
        DateTimeOffset expires = now + lifetime;
        expires = new DateTimeOffset(expires.UtcTicks - (expires.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        return new NewToken(mechanism, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes)), expires);
    }

    private static bool IsSame(ClientToken? token, ClientToken used) => token is not null && token.Verifier.Check.Span.SequenceEqual(used.Verifier.Check.Span);

    private static ReadOnlyMemory<byte> BindingOf(ClientStream stream, HtMechanism mechanism) => mechanism == HtMechanism.None ? default : stream.Binding!.Data;
}
