using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Streams;

/// <summary>Which client of its account a session is of (XEP-0494).</summary>
internal sealed class ClientNotes(KnownClients clients)
{
    /// <summary>The stream has bound a session.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="asked">The resource or tag the client asked for; null for none.</param>
    public async ValueTask BoundAsync(ClientStream stream, string? asked)
    {
        ClientSession session = stream.Session!;
        SignedIn signedIn = stream.SignedIn!;
        await ConfirmAsync(stream);
        if (signedIn.Client is not null) return;
        // It did not say which installation it is.
        session.Client = clients.IdOfOther(signedIn.Account.Jid, asked, signedIn.Mechanism);
        clients.Note(new ClientVisit(session.Client, signedIn.Mechanism, signedIn.ByPassword, signedIn.Account)
        {
            Software = signedIn.Software,
            Device = signedIn.Device,
            Resource = ClientText.Shown(asked),
        });
    }

    /// <summary>The stream has bound a session, or goes on with one: is its client let in still?</summary>
    public ValueTask ConfirmAsync(ClientStream stream) =>
        clients.ConfirmAsync(stream.Session!, stream.SignedIn!.ByPassword ? stream.SignedIn.Account : null, stream.SignedIn.Revocations);
}
