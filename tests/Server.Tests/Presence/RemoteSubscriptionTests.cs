using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>Both tables of RFC 6121 Appendix A, cell by cell, with a contact at another server: what leaves for it, in which order, and what our user sees.</summary>
public sealed class RemoteSubscriptionTests : RemoteFixture
{
    private static readonly string[] Types = ["subscribe", "unsubscribe", "subscribed", "unsubscribed"];

    public static IEnumerable<TestCaseData> Cells() =>
        from state in Enum.GetValues<SubscriptionState>()
        from type in Types
        from approved in new[] { false, true }
        select new TestCaseData(state, type, approved).SetArgDisplayNames($"{SubscriptionOracle.Name(state)}-{type}{(approved ? ", pre-approved" : "")}");

    [TestCaseSource(nameof(Cells)), Property("Spec", "15.2,U-05,U-06,U-09,U-11")]
    public async Task What_a_contact_elsewhere_sends(SubscriptionState state, string type, bool approved)
    {
        (TestClient both, TestClient interested) = await LoginAsync();
        await PutAsync(both, state, approved);
        var ours = new SubscriptionOracle.Side(Play.Romeo, state, approved);
        string before = ours.Item;
        (SubscriptionState next, bool isDelivered) = SubscriptionOracle.Receives(state, type);
        bool isGranted = type == "subscribe" && (state.HasFrom() || approved);
        if (isGranted)
            next = state.HasTo() ? SubscriptionState.Both : state.HasPendingOut() ? SubscriptionState.FromPendingOut : SubscriptionState.From;
        ours.State = next;
        ours.InRoster |= next.HasTo() || next.HasFrom();

        // From a full JID, as old servers do.
        await Remote.SendAsync($"<presence from='{Street}' to='{Play.Romeo}' type='{type}' id='s1'/>");

        if (isGranted)
        {
            Remote.Expect($"<presence from='{Play.Romeo}' to='{Tybalt}' type='subscribed' id='s1'/>");
            Remote.Expect($"<presence from='{Play.Romeo}/both' to='{Tybalt}' type=''/>");
        }
        else if (type == "unsubscribe" && isDelivered)
        {
            if (state.HasFrom())
                Remote.Expect($"<presence from='{Play.Romeo}/both' to='{Tybalt}' type='unavailable'/>");
            // A stranger who only asked is not answered (docs/protocol/no-disclosure.md).
            if (state != SubscriptionState.NonePendingIn)
                Remote.Expect($"<presence from='{Play.Romeo}' to='{Tybalt}' type='unsubscribed' id='s1'/>");
        }
        Remote.ExpectNothing();
        string[] push = ours.Item == before ? [] : [$"push {ours.Item}"];
        string[] told = isDelivered && !isGranted ? [$"{type} from {Tybalt}"] : [];
        Assert.That((await both.DrainAsync()).Select(Tell), Is.EqualTo(told.Concat(push)));
        Assert.That((await interested.DrainAsync()).Select(Tell), Is.EqualTo(type == "subscribe" ? push : told.Concat(push)));
        await CheckStoredAsync(ours);
    }

    [TestCaseSource(nameof(Cells)), Property("Spec", "15.1,U-01,U-09,U-10")]
    public async Task What_our_user_sends_to_a_contact_elsewhere(SubscriptionState state, string type, bool approved)
    {
        (TestClient both, TestClient interested) = await LoginAsync();
        await PutAsync(both, state, approved);
        var ours = new SubscriptionOracle.Side(Play.Romeo, state, approved);
        string before = ours.Item;
        (SubscriptionState next, bool isRouted) = SubscriptionOracle.Sends(state, type);
        ours.State = next;
        ours.Approved = type switch
        {
            "subscribed" when !isRouted && !state.HasFrom() => true,
            "unsubscribed" => false,
            _ => approved,
        };
        ours.InRoster |= ours.Approved || next is not (SubscriptionState.None or SubscriptionState.NonePendingIn);

        await both.SendAsync($"<presence to='{Street}' type='{type}' id='s1'/>");

        if (state.HasFrom() && !next.HasFrom())
            Remote.Expect($"<presence from='{Play.Romeo}/both' to='{Tybalt}' type='unavailable'/>");
        if (isRouted)
            Remote.Expect($"<presence from='{Play.Romeo}' to='{Tybalt}' type='{type}' id='s1'/>");
        if (!state.HasFrom() && next.HasFrom())
            Remote.Expect($"<presence from='{Play.Romeo}/both' to='{Tybalt}' type=''/>");
        Remote.ExpectNothing();
        string[] push = ours.Item == before ? [] : [$"push {ours.Item}"];
        Assert.That((await both.DrainAsync()).Select(Tell), Is.EqualTo(push));
        Assert.That((await interested.DrainAsync()).Select(Tell), Is.EqualTo(push));
        await CheckStoredAsync(ours);
    }

    [TestCase("subscribe", true)]
    [TestCase("subscribed", false)]
    [TestCase("unsubscribe", false)]
    [TestCase("unsubscribed", false)]
    [Property("Spec", "8.5.3.2")]
    public async Task For_a_resource_that_is_not_there_only_a_request_counts(string type, bool counts)
    {
        (TestClient both, _) = await LoginAsync();
        await PutAsync(both, counts ? SubscriptionState.None : type == "unsubscribe" ? SubscriptionState.From : SubscriptionState.NonePendingOut, false);
        await Remote.SendAsync($"<presence from='{Tybalt}' to='{Play.Romeo}/gone' type='{type}' id='s1'/>");
        Remote.ExpectNothing();
        Assert.That((await both.DrainAsync()).Select(Tell), Is.EqualTo(counts ? [$"subscribe from {Tybalt}"] : Array.Empty<string>()));
        await Remote.SendAsync($"<presence from='{Tybalt}' to='{Play.Romeo}/both' type='{type}' id='s2'/>");
        Assert.That((await both.DrainAsync()).Select(Tell), counts ? Is.Empty : Has.One.EqualTo($"{type} from {Tybalt}"), "a resource that is there stands for the account");
    }

    [Test, Property("Spec", "U-04,U-07,U-14")]
    public async Task A_request_waits_for_its_user_and_ours_is_repeated()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        await Remote.SendAsync($"<presence from='{Tybalt}' to='{Play.Romeo}' type='subscribe' id='s1'><status>Pray</status></presence>");
        await Remote.SendAsync($"<presence from='{Tybalt}' to='{Play.Romeo}' type='subscribe' id='s2'/>");
        Remote.ExpectNothing();
        TestClient romeo = await Server.ConnectAsync("romeo@localhost/orchard");
        await romeo.SendAsync("<presence/>");
        await romeo.ExpectAsync("<presence from='romeo@localhost/orchard'/>");
        await romeo.ExpectAsync($"<presence from='{Tybalt}' to='{Play.Romeo}' type='subscribe' id='s1'><status>Pray</status></presence>");
        await romeo.ExpectNothingAsync();
        Remote.Refuse = stanza => stanza is Subscribe ? StanzaError.RemoteServerTimeout : null;
        await romeo.SendAsync("<presence to='paris@elsewhere.example/hall' type='subscribe' id='p'/>");
        await romeo.ExpectAsync("<presence from='paris@elsewhere.example/hall' to='romeo@localhost' type='error' id='p'><error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
        Remote.Refuse = static _ => null;
        await romeo.DisconnectAsync();
        Remote.ExpectNothing();
        romeo = await Server.LoginAsync("romeo@localhost/again");
        Remote.Expect("<presence from='romeo@localhost' to='paris@elsewhere.example' type='subscribe'/>");
        Remote.ExpectNothing();
    }

    [Test, Property("Spec", "O-08")]
    public async Task Off_the_roster_both_subscriptions_end_and_a_deleted_account_says_goodbye()
    {
        await Server.AddAccountsAsync(Play.Romeo);
        await BefriendAsync();
        TestClient romeo = await LoginAsync("romeo@localhost/orchard");
        await romeo.SendAsync($"<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='{Tybalt}' subscription='remove'/></query></iq>");
        Remote.Expect($"<presence from='romeo@localhost/orchard' to='{Tybalt}' type='unavailable'/>");
        Remote.Expect($"<presence from='{Play.Romeo}' to='{Tybalt}' type='unsubscribe'/>");
        Remote.Expect($"<presence from='{Play.Romeo}' to='{Tybalt}' type='unsubscribed'/>");
        Remote.ExpectNothing();
        await romeo.DisconnectAsync();
        await BefriendAsync();
        romeo = await LoginAsync("romeo@localhost/orchard");
        await Server.Get<PresenceXml.Server.Routing.AccountRemoval>().DeleteAsync(Jid.Parse(Play.Romeo), CancellationToken.None);
        Remote.Expect($"<presence from='romeo@localhost/orchard' to='{Tybalt}' type='unavailable'/>");
        Remote.Expect($"<presence from='{Play.Romeo}' to='{Tybalt}' type='unsubscribe'/>");
        Remote.Expect($"<presence from='{Play.Romeo}' to='{Tybalt}' type='unsubscribed'/>");
        Remote.ExpectNothing();
    }

    // Available and interested; interested only.
    private async Task<(TestClient Both, TestClient Interested)> LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo);
        TestClient both = await Server.LoginAsync(Play.Romeo + "/both");
        await both.ShowInterestAsync();
        TestClient interested = await Server.ConnectAsync(Play.Romeo + "/interested");
        await interested.ShowInterestAsync();
        return (both, interested);
    }

    private static async Task PutAsync(TestClient client, SubscriptionState state, bool approved)
    {
        Presentity presentity = client.Session.Presentity;
        Jid jid = Jid.Parse(Tybalt);
        byte[] request = StanzaWriter.ToCanonical(new Subscribe { Type = SubscribeType.Subscribe, From = jid, To = presentity.Address });
        var side = new SubscriptionOracle.Side("", state, approved);
        var batch = new StorageBatch();
        Task commit;
        lock (presentity.Gate)
        {
            presentity.Roster.Save(batch, new RosterItem(jid)
            {
                State = state,
                Approved = approved,
                InRoster = side.InRoster,
                PendingRequest = state.HasPendingIn() ? request.AsMemory() : (ReadOnlyMemory<byte>?)null,
            });
            commit = presentity.Commit(batch);
        }
        await commit;
    }

    private async Task CheckStoredAsync(SubscriptionOracle.Side side)
    {
        Storage.Roster stored = await Server.Get<RosterStore>().LoadAsync(Jid.Parse(side.Account));
        RosterItem item = stored.Items.SingleOrDefault(item => item.Jid.ToString() == Tybalt) ?? new RosterItem(Jid.Parse(Tybalt));
        Assert.That((item.State, item.Approved, item.InRoster), Is.EqualTo((side.State, side.Approved, side.InRoster)));
    }

    private static string Tell(Element stanza)
    {
        if (stanza.LocalName != "iq")
            return $"{stanza["type"] ?? "available"} from {stanza["from"]}";
        Element item = stanza.Children.Single().Children.Single();
        return $"push {item["subscription"]}{(item["ask"] is null ? "" : " ask")}{(item["approved"] is null ? "" : " approved")}";
    }
}
