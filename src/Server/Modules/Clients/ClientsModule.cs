using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Clients;

/// <summary>
/// XEP-0494: Client Access Management, 0.1.0: the owner of an account sees which clients have access to it, and takes it away. What there is
/// to know and to do is <see cref="KnownClients"/>' matter.
/// </summary>
public sealed class ClientsModule(KnownClients clients) : IModule
{
    public const string Ns = "urn:xmpp:cam:0";

    // §3.2. Its tokens and sessions are gone all the same.
    private static readonly StanzaError NeedsPassword = StanzaError.ServiceUnavailable with
    {
        Text = "Its sessions and tokens are gone, but it knows the password. Only another one keeps it out.",
        AppCondition = new Element(Ns, "password-reset-required"),
    };

    public void Register(ModuleBuilder module) => module
        .Feature(Addressee.Account, Ns)
        // §5: the owner's alone.
        .OnGet(Addressee.Account, Ns, "list", ListAsync)
        .OnSet(Addressee.Account, Ns, "revoke", RevokeAsync);

    private async ValueTask<IqReply> ListAsync(IqContext iq, CancellationToken cancel) =>
        new Element(Ns, "clients", (await clients.ListAsync(iq.Target, cancel)).Select(ToElement));

    private async ValueTask<IqReply> RevokeAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload["id"] is not { Length: > 0 } id)
            return StanzaError.BadRequest;
        ClientSession session = iq.Session!;
        Revocation revocation;
        try
        {
            revocation = await clients.RevokeAsync(iq.Target, id, session, cancel);
        }
        catch (StorageException)
        {
            return StanzaError.ResourceConstraint with { Text = "It could not be stored. Nothing was changed." };
        }
        if (revocation == Revocation.NotFound)
            return StanzaError.ItemNotFound;
        StanzaError? error = revocation == Revocation.NeedsPassword ? NeedsPassword : null;
        if (session.Client != id)
            return error is null ? IqReply.Done : error;
        // A client that revokes itself is answered first.
        session.Outbox.Answer(error is null ? iq.Request.ToResult() : iq.Request.ToError(error)!);
        KnownClients.Close(session);
        return IqReply.Sent;
    }

    /// <summary>§3.1. Whoever is in may do everything here.</summary>
    private static Element ToElement(KnownClient client)
    {
        ClientRecord known = client.Record;
        return new Element(Ns, "client",
            new XmlAttribute("connected", client.IsConnected ? "true" : "false"),
            new XmlAttribute("id", known.Id),
            new XmlAttribute("type", "session"),
            new Element(Ns, "first-seen", DateTimeProfile.ToSeconds(known.FirstSeen)),
            new Element(Ns, "last-seen", DateTimeProfile.ToSeconds(known.LastSeen)),
            new Element(Ns, "auth",
                known.KnowsPassword ? new Element(Ns, "password") : null,
                client.HasToken ? new Element(Ns, "fast") : null),
            new Element(Ns, "permission", new XmlAttribute("status", "unrestricted")),
            new Element(Ns, "user-agent", Named("software", known.Software), Named("device", known.Device.Length > 0 ? known.Device : known.Resource)));
    }

    private static Element? Named(string name, string text) => text.Length > 0 ? new Element(Ns, name, text) : null;
}
