using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Commands;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Streams;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Registration;

/// <summary>
/// XEP-0077 §3.1.1: an account for somebody who has not logged in. Off unless configured; throttled by address, and what is refused
/// counts too, because a conflict tells that a name is taken.
/// </summary>
internal sealed class RegistrationService(
    ModuleOptionsSource modules, ServerOptions server, AccountStore accounts, TimeProvider clock, ILogger<RegistrationService> log)
{
    private readonly RegistrationOptions options = modules.Get<RegistrationOptions>("registration");
    private readonly RegistrationThrottle<AddressPrefix> throttle = new(modules.Get<RegistrationOptions>("registration").PerHour, TimeSpan.FromHours(1), clock);

    /// <summary>True when a stranger on such a stream may make an account.</summary>
    public bool IsOpen(bool isSecure) => options.Enabled && (isSecure || !server.Tls.Required);

    /// <summary>Answers a request that came before authentication.</summary>
    /// <param name="request">With the payload of XEP-0077.</param>
    /// <param name="domain">The domain the stream is for.</param>
    /// <param name="address">Where the stream comes from.</param>
    /// <param name="isSecure">The stream is encrypted.</param>
    /// <param name="cancel">The stream ends.</param>
    public async ValueTask<Stanza?> AnswerAsync(Iq request, string domain, AddressPrefix address, bool isSecure, CancellationToken cancel)
    {
        if (!IsOpen(isSecure) || (request.To is { } to && to.ToString() != domain))
            return RegistrationForm.Refuse(request, StanzaError.ServiceUnavailable);
        if (request.Type == IqType.Get)
            return request.ToResult(RegistrationForm.Empty(options.Instructions));
        return await CreateAsync(request.Content.Child(0), domain, address, cancel) is { } error
            ? RegistrationForm.Refuse(request, error)
            : request.ToResult();
    }

    private async ValueTask<StanzaError?> CreateAsync(Element query, string domain, AddressPrefix address, CancellationToken cancel)
    {
        // XEP-0077 §3.2: nobody is registered here yet.
        if (query.Child(RegistrationForm.Ns, "remove") is not null) return StanzaError.UnexpectedRequest;
        if (RegistrationForm.Field(query, "username") is not { Length: > 0 } name || RegistrationForm.Field(query, "password") is not { Length: > 0 } password)
            return StanzaError.NotAcceptable with { Text = "A user name and a password are needed." };
        if (!JidPreparation.TryLocal(name, out string? local) || !Jid.TryParse($"{local}@{domain}", out Jid? account))
            return StanzaError.NotAcceptable with { Text = "The user name has characters that none may have." };
        if (Passwords.Check(password, account, out string prepared) is { } wrong)
            return StanzaError.NotAcceptable with { Text = $"Not possible: {wrong}." };
        if (!throttle.TryCount(address))
        {
            RegistrationLog.Throttled(log, address);
            return StanzaError.ResourceConstraint with { Text = "Too many attempts from this address. Try again in an hour." };
        }
        if (await accounts.FindAsync(account, cancel) is not null) return StanzaError.Conflict;
        var added = new Account(account, clock.GetUtcNow()) { Keys = Passwords.Derive(prepared, server.Auth.Hashes, server.Auth.ScramIterations) };
        if (!await accounts.AddAsync(added, cancel)) return StanzaError.Conflict;
        RegistrationLog.Registered(log, account, address);
        return null;
    }
}
