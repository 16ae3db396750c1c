using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Commands;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Registration;

/// <summary>
/// XEP-0077: In-Band Registration, for who is logged in: what is on file, a new password, the end of the account. Always there; whether
/// strangers may make accounts is up to <see cref="RegistrationOptions"/>.
/// </summary>
public sealed class RegistrationModule(
    AccountStore accounts, AccountRemoval removal, KnownClients clients, ServerOptions server, TimeProvider clock, ILogger<RegistrationModule> log) : IModule
{
    // The keys of one password take tens of milliseconds of a core; nobody needs to change it more often.
    private const int ChangesPerMinute = 5;

    private readonly RegistrationThrottle<Jid> changes = new(ChangesPerMinute, TimeSpan.FromMinutes(1), clock);

    public void Register(ModuleBuilder module)
    {
        // The section is RegistrationService's; asking for it here says whose it is.
        _ = module.Options<RegistrationOptions>("registration");
        module.Feature(Addressee.Domain, RegistrationForm.Ns);
        foreach (Addressee addressee in new[] { Addressee.Domain, Addressee.Account })
        {
            module
                .OnGet(addressee, RegistrationForm.Ns, "query", static (iq, _) => new(OnFile(iq)))
                .OnSet(addressee, RegistrationForm.Ns, "query", SetAsync);
        }
    }

    private static IqReply OnFile(IqContext iq) =>
        Account(iq) is { } account ? RegistrationForm.Registered(account) : StanzaError.ServiceUnavailable;

    private async ValueTask<IqReply> SetAsync(IqContext iq, CancellationToken cancel)
    {
        if (Account(iq) is not { } account) return StanzaError.ServiceUnavailable;
        if (iq.Payload.Child(RegistrationForm.Ns, "remove") is not null) return await CancelAsync(iq, account, cancel);
        StanzaError? error = await ChangePasswordAsync(iq, account, cancel);
        if (error is null) return IqReply.Done;
        // XEP-0077 §3.3: what came is not sent back, there is a password in it.
        await iq.Session!.SendAsync(RegistrationForm.Refuse(iq.Request, error), cancel);
        return IqReply.Sent;
    }

    private async ValueTask<StanzaError?> ChangePasswordAsync(IqContext iq, Jid account, CancellationToken cancel)
    {
        if (RegistrationForm.Field(iq.Payload, "username") is not { Length: > 0 } name || RegistrationForm.Field(iq.Payload, "password") is not { Length: > 0 } password)
            return StanzaError.BadRequest with { Text = "A user name and a password are needed." };
        if (!JidPreparation.TryLocal(name, out string? local) || local != account.Local) return StanzaError.Forbidden;
        if (Passwords.Check(password, account, out string prepared) is { } wrong)
            return StanzaError.NotAcceptable with { Text = $"Not possible: {wrong}." };
        if (!changes.TryCount(account)) return StanzaError.ResourceConstraint with { Text = "Changed too often. Try again in a minute." };
        if (await accounts.FindAsync(account, cancel) is not { } found
            || !await accounts.ReplaceAsync(found with { Keys = Passwords.Derive(prepared, server.Auth.Hashes, server.Auth.ScramIterations) }, cancel))
            return StanzaError.RegistrationRequired;
        RegistrationLog.PasswordChanged(log, account);
        clients.PasswordChanged(account, iq.Session);
        return null;
    }

    /// <summary>XEP-0077 §3.2: deletes the account, answers, and only then ends the stream that asked; the others have ended by then.</summary>
    private async ValueTask<IqReply> CancelAsync(IqContext iq, Jid account, CancellationToken cancel)
    {
        if (iq.Payload.Children.Count() > 1) return StanzaError.BadRequest;
        ClientSession session = iq.Session!;
        if (!await removal.DeleteAsync(account, session, cancel)) return StanzaError.RegistrationRequired;
        RegistrationLog.Cancelled(log, account);
        session.Outbox.Answer(iq.Request.ToResult());
        session.Close(StreamError.NotAuthorized);
        return IqReply.Sent;
    }

    /// <summary>The account that asks about itself, at its own domain; null for others.</summary>
    private static Jid? Account(IqContext iq) => iq.Session is { } session && session.Address.Domain == iq.Target.Domain ? session.Address.Bare : null;
}
