using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Storage;
using PresenceXml.Testing;
using static PresenceXml.Protocol.Roster.SubscriptionState;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>
/// Every cell of both tables of RFC 6121 Appendix A, with and without pre-approval, between two accounts with three resources each: what is
/// delivered to whom, in which order, which pushes (and no others), whose presence, and what is stored on both sides in the end.
/// </summary>
public sealed class SubscriptionCellTests : ServerFixture
{
    private static readonly string[] Types = ["subscribe", "unsubscribe", "subscribed", "unsubscribed"];

    private static IEnumerable<TestCaseData> OutboundCells()
    {
        foreach (SubscriptionState state in Enum.GetValues<SubscriptionState>())
        {
            foreach (string type in Types)
            {
                string id = $"OUT-{SubscriptionOracle.Name(state)}-{type}";
                yield return Case(id, state, false, SubscriptionOracle.Mirror(state), false, type);
                yield return Case(id + ", pre-approved", state, true, SubscriptionOracle.Mirror(state), false, type);
            }
        }
    }

    // The sender stands where its own table lets the stanza out, whether or not that mirrors the receiver's state: as after a restored backup.
    private static IEnumerable<TestCaseData> InboundCells()
    {
        foreach (SubscriptionState state in Enum.GetValues<SubscriptionState>())
        {
            foreach (string type in Types)
            {
                string id = $"IN-{SubscriptionOracle.Name(state)}-{type}";
                SubscriptionState sender = type is "subscribe" or "unsubscribe" ? None : NonePendingIn;
                yield return Case(id, sender, false, state, false, type);
                yield return Case(id + ", pre-approved", sender, false, state, true, type);
            }
        }
    }

    private static TestCaseData Case(string id, SubscriptionState sender, bool senderApproved, SubscriptionState receiver, bool receiverApproved, string type) =>
        new TestCaseData(sender, senderApproved, receiver, receiverApproved, type).SetArgDisplayNames(id).SetProperty("Spec", id.Split(',')[0].Replace("+", "", StringComparison.Ordinal));

    [TestCaseSource(nameof(OutboundCells)), TestCaseSource(nameof(InboundCells))]
    [Property("Spec", "15.1,15.2,O-12,O-13")]
    [Property("Spec", "IN-N-subscribed,IN-N-unsubscribed,IN-NI-subscribed,IN-NI-unsubscribed,IN-T-subscribed")]
    [Property("Spec", "IN-TI-subscribed,IN-F-subscribed,IN-F-unsubscribed,IN-B-subscribed")]
    public async Task Cell(SubscriptionState senderState, bool senderApproved, SubscriptionState receiverState, bool receiverApproved, string type)
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        TestClient[] romeos = await LoginAsync(Play.Romeo);
        TestClient[] juliets = await LoginAsync(Play.Juliet);
        var romeo = new SubscriptionOracle.Side(Play.Romeo, senderState, senderApproved);
        var juliet = new SubscriptionOracle.Side(Play.Juliet, receiverState, receiverApproved);
        Put(romeos[0], juliet.Account, romeo);
        Put(juliets[0], romeo.Account, juliet);

        new SubscriptionOracle(romeo, juliet).Send(type);
        await romeos[0].SendAsync($"<presence to='{Play.Juliet}' type='{type}' id='s'/>");

        await CheckAsync(romeos, romeo, juliet.Account);
        await CheckAsync(juliets, juliet, romeo.Account);
    }

    // Available and interested; interested only; available only, and not for messages.
    private async Task<TestClient[]> LoginAsync(string account)
    {
        TestClient both = await Server.LoginAsync(account + "/both");
        await both.ShowInterestAsync();
        TestClient interested = await Server.ConnectAsync(account + "/interested");
        await interested.ShowInterestAsync();
        TestClient available = await Server.ConnectAsync(account + "/available");
        await available.SendAsync("<presence><priority>-5</priority></presence>");
        await both.DrainAsync();
        await available.DrainAsync();
        return [both, interested, available];
    }

    private static void Put(TestClient client, string contact, SubscriptionOracle.Side side)
    {
        Presentity presentity = client.Session.Presentity;
        Jid jid = Jid.Parse(contact);
        byte[] request = StanzaWriter.ToCanonical(new Subscribe { Type = SubscribeType.Subscribe, From = jid, To = presentity.Address });
        var batch = new StorageBatch();
        lock (presentity.Gate)
        {
            presentity.Roster.Save(batch, new RosterItem(jid)
            {
                State = side.State,
                Approved = side.Approved,
                InRoster = side.InRoster,
                PendingRequest = side.State.HasPendingIn() ? request.AsMemory() : (ReadOnlyMemory<byte>?)null,
            });
            presentity.Commit(batch);
        }
    }

    private async Task CheckAsync(TestClient[] clients, SubscriptionOracle.Side side, string contact)
    {
        Element[][] got = [[.. await clients[0].DrainAsync()], [.. await clients[1].DrainAsync()], [.. await clients[2].DrainAsync()]];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(got[0].Select(Tell), Is.EqualTo(side.Events.Select(seen => seen.What)), $"{side.Account}: available and interested");
            Assert.That(got[1].Select(Tell), Is.EqualTo(side.Events.Where(seen => seen.ToInterested).Select(seen => seen.What)), $"{side.Account}: interested");
            Assert.That(got[2].Select(Tell), Is.EqualTo(side.Events.Where(seen => seen.ToAvailable).Select(seen => seen.What)), $"{side.Account}: available");
        }
        Storage.Roster stored = await Server.Get<RosterStore>().LoadAsync(Jid.Parse(side.Account));
        RosterItem item = stored.Items.SingleOrDefault(item => item.Jid.ToString() == contact) ?? new RosterItem(Jid.Parse(contact));
        Assert.That((item.State, item.Approved, item.InRoster), Is.EqualTo((side.State, side.Approved, side.InRoster)), $"stored for {side.Account}");
        Assert.That(item.PendingRequest is not null, Is.EqualTo(side.State.HasPendingIn()), "the request is kept until it is answered, not longer");
        string[] versions = [.. got[1].Where(stanza => stanza.LocalName == "iq").Select(push => push.Children.Single()["ver"]!)];
        Assert.That(versions, Is.Unique);
        if (versions.Length > 0)
            Assert.That(versions[^1], Does.EndWith($"-{stored.Version}"), "the last push tells the roster's version");
    }

    private static string Tell(Element stanza)
    {
        if (stanza.LocalName != "iq")
            return $"{stanza["type"] ?? "available"} from {stanza["from"]}";
        Element item = stanza.Children.Single().Children.Single();
        return $"push {item["subscription"]}{(item["ask"] is null ? "" : " ask")}{(item["approved"] is null ? "" : " approved")}";
    }
}
