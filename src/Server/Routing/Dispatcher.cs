using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Routing;

/// <summary>Answers iq requests that are for the server: for a domain of ours, or for an account, on whose behalf it speaks (RFC 6120 §10.3.3, §10.5).</summary>
public sealed class Dispatcher(HandlerTable handlers, RuleChain rules, ILogger<Dispatcher> logger)
{
    /// <summary>
    /// The answer of a domain or an account; null when the handler has sent it itself. Always one answer for one request (Z-15).
    /// </summary>
    /// <param name="request">Of type get or set, with one child.</param>
    /// <param name="addressee">Whom it is for.</param>
    /// <param name="target">The domain, or the account's bare JID.</param>
    /// <param name="presentity">The account, leased by the caller; null for a domain, and for an account that does not exist.</param>
    /// <param name="session">The session that asks when it is one of ours.</param>
    /// <param name="strength">How sure it is who asks.</param>
    /// <param name="cancel">The asking stream ends.</param>
    internal async ValueTask<Stanza?> AnswerAsync(
        Iq request, Addressee addressee, Jid target, Presentity? presentity, ClientSession? session, Strength strength,
        CancellationToken cancel)
    {
        RawChild payload = request.Content.Children[0];
        IqHandling? handling = handlers.Find(addressee, request.Type, payload.Name.Namespace, payload.Name.Name);
        Jid from = request.From!;
        if (addressee == Addressee.Account && from.Bare != target)
        {
            // A stranger is answered alike whether the account exists, has this feature, or has turned him away (D6).
            if (handling is not { Strangers: true } || presentity is null)
                return request.ToError(handling?.Refusal ?? StanzaError.ServiceUnavailable);
            Stanza asked = request;
            if (rules.AskRecipient(presentity, from, ref asked) is { } refused)
                return request.ToError(refused.Error ?? StanzaError.ServiceUnavailable);
            request = (Iq)asked;
        }
        if (handling is null)
            return request.ToError(handlers.Knows(addressee, payload.Name.Namespace) ? StanzaError.FeatureNotImplemented : StanzaError.ServiceUnavailable);

        IqReply reply;
        try
        {
            var context = new IqContext { Request = request, From = from, Target = target, Presentity = presentity, Session = session, Strength = strength };
            reply = await handling.Handler(context, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return null; // nobody is there to read an answer
        }
#pragma warning disable CA1031 // Whatever it is, it is our bug: logged once, answered, and the session lives.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            RoutingLog.HandlerFailed(logger, exception, request.Id, payload.Name.ToString(), from);
            return request.ToError(StanzaError.InternalServerError);
        }
        if (reply.IsSent)
            return null;
        return reply.Error is { } error ? request.ToError(error) : request.ToResult(reply.Payload);
    }
}
