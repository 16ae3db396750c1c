using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>Subscriptions between two accounts of ours: RFC 6121 §3 and Appendix A, both tables and the orders between the stanzas.</summary>
public sealed class SubscriptionTests : ServerFixture
{
    private TestClient romeo = null!;
    private TestClient juliet = null!;

    [SetUp]
    public async Task LoginAsync()
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        romeo = await Server.LoginAsync("romeo@localhost/orchard");
        juliet = await Server.LoginAsync("juliet@localhost/balcony");
        await romeo.ShowInterestAsync();
        await juliet.ShowInterestAsync();
    }

    private static string Push(string item) => $"<iq type='set'><query xmlns='jabber:iq:roster'>{item}</query></iq>";

    [Test, Property("Spec", "U-01,U-03,U-06,U-09")]
    public async Task A_request_and_its_approval_go_in_the_order_of_the_rfc()
    {
        await romeo.SendAsync("<presence to='juliet@localhost/balcony' type='subscribe' id='s1'><status>Pray</status></presence>");
        await romeo.ExpectAsync(Push("<item jid='juliet@localhost' subscription='none' ask='subscribe'/>"));
        await romeo.ExpectNothingAsync();
        await juliet.ExpectAsync("<presence from='romeo@localhost' to='juliet@localhost' type='subscribe' id='s1'><status>Pray</status></presence>");
        await juliet.ExpectNothingAsync();

        await juliet.SendAsync("<presence to='romeo@localhost' type='subscribed' id='s2'/>");
        await juliet.ExpectAsync(Push("<item jid='romeo@localhost' subscription='from'/>"));
        await juliet.ExpectNothingAsync();
        await romeo.ExpectAsync("<presence from='juliet@localhost' to='romeo@localhost' type='subscribed' id='s2'/>");
        Element push = await romeo.ExpectAsync(Push("<item jid='juliet@localhost' subscription='to' ask=''/>"));
        Assert.That(push["from"], Is.Null.Or.EqualTo("romeo@localhost"));
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost'/>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "U-10")]
    public async Task A_cancellation_sends_unavailable_first_then_unsubscribed_then_the_push()
    {
        await BefriendAsync();
        await juliet.SendAsync("<presence to='romeo@localhost' type='unsubscribed' id='c1'/>");
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' type='unavailable'/>");
        await romeo.ExpectAsync("<presence from='juliet@localhost' type='unsubscribed' id='c1'/>");
        await romeo.ExpectAsync(Push("<item jid='juliet@localhost' subscription='from'/>"));
        await romeo.ExpectNothingAsync();
        await juliet.ExpectAsync(Push("<item jid='romeo@localhost' subscription='to'/>"));
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "15.2-i")]
    public async Task Unsubscribe_is_told_pushed_and_the_ex_subscriber_sees_it_go()
    {
        await BefriendAsync();
        await romeo.SendAsync("<presence to='juliet@localhost' type='unsubscribe' id='u1'/>");
        await juliet.ExpectAsync("<presence from='romeo@localhost' type='unsubscribe' id='u1'/>");
        await juliet.ExpectAsync(Push("<item jid='romeo@localhost' subscription='to'/>"));
        await juliet.ExpectNothingAsync();
        await romeo.ExpectAllAsync(Push("<item jid='juliet@localhost' subscription='from'/>"), "<presence from='juliet@localhost/balcony' type='unavailable'/>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "U-07")]
    public async Task A_request_waits_whole_for_every_new_resource_until_it_is_answered_across_restarts()
    {
        await juliet.DisconnectAsync();
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribe' id='s1'><status>Let me</status><nick xmlns='http://jabber.org/protocol/nick'>R</nick></presence>");
        await Server.RestartAsync();
        const string Request = "<presence from='romeo@localhost' type='subscribe' id='s1'><status>Let me</status><nick xmlns='http://jabber.org/protocol/nick'>R</nick></presence>";
        for (int i = 0; i < 2; i++)
        {
            TestClient resource = await Server.ConnectAsync($"juliet@localhost/r{i}");
            await resource.SendAsync("<presence><priority>-1</priority></presence>");
            await resource.ExpectAsync($"<presence from='juliet@localhost/r{i}'/>");
            await resource.ExpectAsync(Request);
            await resource.ExpectNothingAsync();
            await resource.DisconnectAsync();
        }
        TestClient answering = await Server.LoginAsync("juliet@localhost/r2");
        Element roster = await answering.AskAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.That(roster.Children.Single().Children, Is.Empty, "a request alone makes no roster item (A.1)");
        await answering.SendAsync("<presence to='romeo@localhost' type='unsubscribed'/>");
        await answering.DisconnectAsync();
        TestClient last = await Server.ConnectAsync("juliet@localhost/r3");
        await last.SendAsync("<presence/>");
        await last.ExpectAsync("<presence from='juliet@localhost/r3'/>");
        await last.ExpectNothingAsync();
    }

    [Test, Property("Spec", "15.2-g")]
    public async Task A_request_repeated_while_pending_is_not_delivered_again()
    {
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribe'/>");
        await juliet.ExpectAsync("<presence type='subscribe'/>");
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribe'/>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "15.2-h,Trap-12")]
    public async Task A_request_for_what_is_granted_is_answered_by_the_server_with_presence()
    {
        await BefriendAsync();
        // The asker has lost its side of the subscription, as after a restored backup.
        await romeo.SendAsync("<iq type='set' id='rm'><query xmlns='jabber:iq:roster'><item jid='juliet@localhost' subscription='remove'/></query></iq>");
        await romeo.DrainAsync();
        await juliet.DrainAsync();
        await juliet.SendAsync("<presence to='romeo@localhost' type='subscribed'/>"); // pre-approved
        await juliet.DrainAsync();
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribe' id='again'/>");
        await romeo.ExpectAsync(Push("<item jid='juliet@localhost' subscription='none' ask='subscribe'/>"));
        await romeo.ExpectAsync("<presence from='juliet@localhost' type='subscribed'/>");
        await romeo.ExpectAsync(Push("<item jid='juliet@localhost' subscription='to'/>"));
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost'/>");
        await romeo.DrainAsync();
        await juliet.DrainAsync();
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribe' id='once more'/>");
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost'/>");
        await romeo.ExpectNothingAsync();
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "U-13,15.1-b,15.2-f")]
    public async Task A_pre_approval_is_pushed_not_routed_and_grants_unseen()
    {
        await juliet.SendAsync("<presence to='romeo@localhost' type='subscribed'/>");
        await juliet.ExpectAsync(Push("<item jid='romeo@localhost' subscription='none' approved='true'/>"));
        await juliet.ExpectNothingAsync();
        await romeo.ExpectNothingAsync();

        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribe'/>");
        await juliet.ExpectAsync(Push("<item jid='romeo@localhost' subscription='from'/>"));
        await juliet.ExpectNothingAsync();
        // In this order, and no push of the older state behind the younger one.
        await romeo.ExpectAsync(Push("<item jid='juliet@localhost' subscription='none' ask='subscribe'/>"));
        await romeo.ExpectAsync("<presence from='juliet@localhost' to='romeo@localhost' type='subscribed'/>");
        await romeo.ExpectAsync(Push("<item jid='juliet@localhost' subscription='to' ask=''/>"));
        await romeo.ExpectAsync("<presence from='juliet@localhost/balcony' to='romeo@localhost'/>");
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "15.1-c")]
    public async Task Unsubscribed_takes_a_pre_approval_back_and_is_not_routed()
    {
        await juliet.SendAsync("<presence to='romeo@localhost' type='subscribed'/>");
        await juliet.DrainAsync();
        await juliet.SendAsync("<presence to='romeo@localhost' type='unsubscribed'/>");
        await juliet.ExpectAsync(Push("<item jid='romeo@localhost' subscription='none' approved=''/>"));
        await romeo.ExpectNothingAsync();
    }

    [Test, Property("Spec", "U-11")]
    [TestCase("subscribed")]
    [TestCase("unsubscribed")]
    [TestCase("unsubscribe")]
    public async Task What_changes_nothing_is_neither_delivered_nor_pushed(string type)
    {
        await romeo.SendAsync($"<presence to='juliet@localhost' type='{type}'/>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "Trap-2")]
    public async Task Requests_go_to_available_resources_answers_to_interested_ones()
    {
        TestClient lurking = await Server.ConnectAsync("juliet@localhost/lurking");
        await lurking.ShowInterestAsync();
        TestClient blind = await Server.LoginAsync("juliet@localhost/blind", "<presence><priority>-3</priority></presence>");
        await juliet.DrainAsync();
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribe'/>");
        await blind.ExpectAsync("<presence type='subscribe'/>");
        await lurking.ExpectNothingAsync();
        await romeo.SendAsync("<presence to='juliet@localhost' type='unsubscribe'/>");
        await lurking.ExpectAsync("<presence type='unsubscribe'/>");
        await blind.ExpectNothingAsync();
    }

    [Test, Property("Spec", "U-16")]
    public async Task A_subscription_to_oneself_is_implied_and_leaves_nothing()
    {
        await romeo.SendAsync("<presence to='romeo@localhost' type='subscribe'/>");
        await romeo.ExpectNothingAsync();
        Element roster = await romeo.AskAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.That(roster.Children.Single().Children, Is.Empty);
    }

    [Test, Property("Spec", "D-08")]
    public async Task A_request_to_nobody_looks_like_one_to_somebody_who_is_off()
    {
        await juliet.DisconnectAsync();
        foreach (string contact in new[] { "nobody@localhost", "juliet@localhost" })
        {
            await romeo.SendAsync($"<presence to='{contact}' type='subscribe' id='s'/>");
            await romeo.ExpectAsync(Push($"<item jid='{contact}' subscription='none' ask='subscribe'/>"));
            await romeo.ExpectNothingAsync();
        }
    }

    [Test, Property("Spec", "U-02,R-21")]
    public async Task A_request_to_a_domain_that_cannot_be_found_comes_back()
    {
        await romeo.SendAsync("<presence to='tybalt@elsewhere.example' type='subscribe' id='s'/>");
        await romeo.ExpectAllAsync(
            Push("<item jid='tybalt@elsewhere.example' ask='subscribe'/>"),
            "<presence from='tybalt@elsewhere.example' type='error' id='s'><error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
    }

    [Test, Property("Spec", "U-04")]
    public async Task An_unanswered_request_is_repeated_at_the_next_login()
    {
        await romeo.SendAsync("<presence to='tybalt@elsewhere.example' type='subscribe' id='s'/>");
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribe' id='s'/>");
        await juliet.ExpectAsync("<presence type='subscribe' id='s'/>");
        await romeo.DisconnectAsync();
        TestClient again = await Server.LoginAsync("romeo@localhost/orchard");
        await juliet.ExpectNothingAsync(); // it is pending there
        await again.ExpectNothingAsync(); // and what fails again is not news
    }

    [Test, Property("Spec", "U-14")]
    public async Task Pending_requests_are_bounded_and_the_one_over_it_is_as_good_as_unheard()
    {
        await using TestServer small = await TestServer.StartAsync(settings => settings.Options.Limits.PendingRequests = 2);
        await small.AddAccountsAsync("a@localhost", "b@localhost", "c@localhost", Play.Juliet);
        foreach (string asker in new[] { "a", "b", "c" })
        {
            TestClient client = await small.ConnectAsync($"{asker}@localhost/x");
            await client.SendAsync("<presence to='juliet@localhost' type='subscribe'/>");
            await client.ExpectNothingAsync();
        }
        TestClient target = await small.ConnectAsync("juliet@localhost/x");
        await target.SendAsync("<presence/>");
        await target.ExpectAllAsync("<presence from='juliet@localhost/x'/>", "<presence from='a@localhost' type='subscribe'/>", "<presence from='b@localhost' type='subscribe'/>");
        await target.ExpectNothingAsync();
    }

    [Test, Property("Spec", "Trap-12")]
    public async Task Two_who_subscribe_to_each_other_at_once_end_subscribed()
    {
        for (int round = 0; round < 20; round++)
        {
            string a = $"a{round}@localhost", b = $"b{round}@localhost";
            await Server.AddAccountsAsync(a, b);
            TestClient one = await Server.LoginAsync(a + "/x");
            TestClient other = await Server.LoginAsync(b + "/x");
            // Pre-approvals on both sides: each request is answered by the other side's server while its own is on the way.
            await Task.WhenAll(SubscribeAsync(one, b), SubscribeAsync(other, a));
            foreach ((TestClient client, string contact) in new[] { (one, b), (other, a) })
            {
                await client.DrainAsync();
                Element roster = await client.AskAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
                Assert.That(roster.Children.Single().Children.Single()["subscription"], Is.EqualTo("both"), $"round {round}: {contact} in {roster}");
            }
        }

        static async Task SubscribeAsync(TestClient client, string contact)
        {
            await Task.Yield();
            await client.SendAsync($"<presence to='{contact}' type='subscribed'/><presence to='{contact}' type='subscribe'/>");
        }
    }

    [Test, Property("Spec", "15.3")]
    public async Task A_subscription_without_an_address_is_a_bad_request()
    {
        await romeo.SendAsync("<presence type='subscribe' id='s'/>");
        await romeo.ExpectAsync("<presence type='error' id='s'><error><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
    }

    private async Task BefriendAsync()
    {
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribe'/>");
        await juliet.SendAsync("<presence to='romeo@localhost' type='subscribed'/><presence to='romeo@localhost' type='subscribe'/>");
        await romeo.SendAsync("<presence to='juliet@localhost' type='subscribed'/>");
        await romeo.DrainAsync();
        await juliet.DrainAsync();
    }

    [Test, Property("Spec", "U-14")]
    public async Task A_request_too_large_to_be_kept_is_as_good_as_unheard()
    {
        await romeo.SendAsync($"<presence to='juliet@localhost' type='subscribe'><status>{new string('x', 20000)}</status></presence>");
        await juliet.ExpectNothingAsync();
    }

    [Test, Property("Spec", "U-14")]
    public async Task A_full_roster_takes_no_requests_either()
    {
        await using TestServer small = await TestServer.StartAsync(settings => settings.Options.Limits.RosterItems = 1);
        await small.AddAccountsAsync(Play.Romeo);
        TestClient client = await small.ConnectAsync("romeo@localhost/x");
        await client.SendAsync("<presence to='a@localhost' type='subscribe'/>");
        await client.ExpectNothingAsync();
        foreach (string type in new[] { "subscribe", "subscribed" })
        {
            await client.SendAsync($"<presence to='b@localhost' type='{type}' id='2'/>");
            await client.ExpectAsync("<presence from='b@localhost' type='error' id='2'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
        }
    }

    [Test, Property("Spec", "O-12,O-13")]
    public async Task Roster_sets_and_requests_at_once_are_pushed_in_the_order_of_their_versions()
    {
        TestClient other = await Server.ConnectAsync("romeo@localhost/other");
        for (int round = 0; round < 50; round++)
        {
            await Task.WhenAll(
                Task.Factory.StartNew(() => other.SendAsync($"<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='juliet@localhost' name='{round}'/></query></iq>"), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default).Unwrap(),
                romeo.SendAsync($"<presence to='juliet@localhost' type='{(round % 2 == 0 ? "subscribe" : "unsubscribe")}'/>"));
        }
        Element[] pushes = [.. (await romeo.DrainAsync()).Where(stanza => stanza["type"] == "set").Select(push => push.Children.Single())];
        int[] versions = [.. pushes.Select(query => int.Parse(query["ver"]!.Split('-')[^1], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.That(versions, Is.Ordered);
        Element last = pushes[^1].Children.Single();
        Element stored = (await romeo.AskAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")).Children.Single().Children.Single();
        Assert.That((last["name"], last["ask"]), Is.EqualTo((stored["name"], stored["ask"])));
    }
}
