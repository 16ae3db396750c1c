using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;

namespace PresenceXml.Server.Modules.Invisible;

/// <summary>
/// XEP-0186: Invisible Command 0.14. While a resource is invisible its account looks, on every path, as it would without it. Where the XEP would have a request to
/// the full address delivered, it is answered as if there were no such resource: RFC 6121 §8.5.3.1 forbids to tell those who may not know.
/// </summary>
internal sealed class InvisibleModule(Notifications notifications) : IModule
{
    public const string Ns = "urn:xmpp:invisible:1";

    public void Register(ModuleBuilder module) => module
        .Feature(Addressee.Domain, Ns)
        .OnSet(Addressee.Account, Ns, "invisible", (iq, _) => new(Hide(iq)))
        .OnSet(Addressee.Account, Ns, "visible", static (iq, _) => new(Unhide(iq)))
        .Command(Ns + "#hide", "Become invisible, on this device", AskAsync);

    private IqReply Hide(IqContext iq)
    {
        if (iq.Payload["probe"] is not (null or "0" or "1" or "false" or "true"))
            return StanzaError.BadRequest with { Text = "probe is true or false" };
        notifications.Hide(iq.Session!, iq.Payload["probe"] is "1" or "true");
        return IqReply.Done;
    }

    private static IqReply Unhide(IqContext iq)
    {
        Notifications.Unhide(iq.Session!);
        return IqReply.Done;
    }

    private ValueTask<CommandReply> AskAsync(CommandContext context, CancellationToken cancel) => new(context.Session.IsInvisible
        ? Again(context)
        : CommandReply.Ask(
            new DataForm("Become invisible, on this device")
            {
                Instructions = ["Your contacts will see this device go offline; you still see them and receive messages. It ends with this connection, or with this command given again."],
                Fields = [FormField.Flag("probe", "Ask my contacts for their presence again (their servers may tell that you are there)")],
            },
            (next, _) =>
            {
                notifications.Hide(next.Session, next.Form!.Flag("probe"));
                return new(CommandReply.Done("Nobody sees this device any more."));
            }));

    // A client that knows nothing of this sends its presence once; it has to come again, to all.
    private CommandReply Again(CommandContext context)
    {
        Protocol.Stanzas.Presence presence = context.Session.LastPresence ?? new Protocol.Stanzas.Presence { From = context.Session.Address };
        Notifications.Unhide(context.Session);
        notifications.Broadcast(context.Session, presence);
        return CommandReply.Done("Your contacts see this device again.");
    }
}
