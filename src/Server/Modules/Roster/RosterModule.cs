using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Presence;

namespace PresenceXml.Server.Modules.Roster;

/// <summary>RFC 6121 §2: the roster, its pushes and its versions.</summary>
public sealed class RosterModule : IModule
{
    private const string Versioning = "urn:xmpp:features:rosterver";
    private const string PreApproval = "urn:xmpp:features:pre-approval";

    private static readonly Element VersioningFeature = new(Versioning, "ver");
    private static readonly Element PreApprovalFeature = new(PreApproval, "sub");

    private readonly Subscriptions subscriptions;
    private readonly AccessChanges access;
    private readonly LimitOptions limits;

    public RosterModule(Subscriptions subscriptions, AccessChanges access, ServerOptions options)
    {
        this.subscriptions = subscriptions;
        this.access = access;
        limits = options.Limits;
    }

    public void Register(ModuleBuilder module) => module
        .OnGet(Addressee.Account, Namespaces.Roster, "query", GetAsync, refusal: StanzaError.Forbidden)
        .OnSet(Addressee.Account, Namespaces.Roster, "query", SetAsync, refusal: StanzaError.Forbidden)
        .StreamFeature(static () => VersioningFeature)
        .StreamFeature(static () => PreApprovalFeature);

    // §2.1.4, §2.6. The answer and the pushes that may follow it leave in the order of the gate, so it is put into the outbox here.
    private static async ValueTask<IqReply> GetAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload.Children.Any())
            return StanzaError.BadRequest;
        if (iq.Session is not { } session)
            return StanzaError.Forbidden;
        await session.Outbox.WaitForRoomAsync(cancel);
        Presentity presentity = iq.Presentity!;
        lock (presentity.Gate)
        {
            session.IsInterested = true;
            AccountRoster roster = presentity.Roster;
            List<RosterChange>? changes = null;
            if (iq.Payload["ver"] is { Length: > 0 } cached && roster.TryParseVersion(cached, out long number))
            {
                changes = [.. roster.ChangesSince(number)];
                // More news than roster: the whole is shorter.
                if (changes.Count > roster.Shown)
                    changes = changes.Count == 0 ? changes : null;
            }
            if (changes is null)
            {
                session.Outbox.Answer(iq.Request.ToResult(Whole(roster)));
                return IqReply.Sent;
            }
            session.Outbox.Answer(iq.Request.ToResult());
            foreach (RosterChange change in changes)
                RosterPushes.Send(presentity, session, change);
        }
        return IqReply.Sent;
    }

    private static Element Whole(AccountRoster roster)
    {
        var nodes = new List<object?>(roster.Shown + 1) { new XmlAttribute(new QName("", "ver"), roster.Version) };
        foreach (RosterItem item in roster.Items)
        {
            if (item.InRoster)
                nodes.Add(RosterPushes.ToElement(item));
        }
        return new Element(Namespaces.Roster, "query", [.. nodes]);
    }

    private async ValueTask<IqReply> SetAsync(IqContext iq, CancellationToken cancel)
    {
        if (RosterSet.Read(iq.Payload, out RosterSet? set) is { } error)
            return error;
        Presentity presentity = iq.Presentity!;
        if (set!.Contact == presentity.Address)
            return StanzaError.NotAllowed;
        if (set.IsRemoval)
            return await subscriptions.RemoveContactAsync(presentity, set.Contact, cancel) ? IqReply.Done : StanzaError.ItemNotFound;

        Task commit;
        List<Subscribe> after;
        lock (presentity.Gate)
        {
            RosterItem item = presentity.Contact(set.Contact) ?? new RosterItem(set.Contact);
            if (!item.InRoster && limits.RosterItems > 0 && presentity.Roster.Shown >= limits.RosterItems)
                return StanzaError.ResourceConstraint with { Text = "The roster is full." };
            // Access rules may speak of groups.
            access.ApplyToContact(
                presentity, set.Contact,
                batch =>
                {
                    RosterChange? change = presentity.Roster.Save(batch, item with { Name = set.Name, Groups = set.Groups, InRoster = true });
                    // §2.1.6: the requester too. A set that changes nothing is no news, but who sent it waits for its push.
                    RosterPushes.Send(presentity, change ?? new RosterChange(item.Jid, presentity.Contact(item.Jid), presentity.Roster.Number));
                },
                out after, out commit);
        }
        await Subscriptions.DurableAsync(presentity, commit);
        await subscriptions.DeliverAsync(presentity, after);
        return IqReply.Done;
    }
}
