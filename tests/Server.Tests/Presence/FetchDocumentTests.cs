using System.Globalization;
using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>FETCH by iq (RFC 2778 §2.1): one request, one answer, by the same decisions as everything else.</summary>
public sealed class FetchDocumentTests : RemoteFixture
{
    private const string Juliet = "juliet@localhost";
    private const string Romeo = "romeo@localhost";
    private const string Ns = "urn:x-presencexml:fetch:0";
    private const string Pidf = "urn:ietf:params:xml:ns:pidf";
    private const string Rpid = "urn:ietf:params:xml:ns:pidf:rpid";
    private const string Policy = "urn:ietf:params:xml:ns:common-policy";
    private const string Rules = "urn:ietf:params:xml:ns:pres-rules";
    private const string Own = "urn:x-presencexml:access:0";

    private TestClient juliet = null!;

    [SetUp]
    public async Task AddAccountsAsync()
    {
        await Server.AddAccountsAsync(Juliet, Romeo);
        await Server.SubscribeAsync(Romeo, Juliet);
        await BefriendAsync(Juliet);
    }

    [Test]
    public async Task A_subscriber_gets_a_tuple_for_each_resource_and_one_for_the_inbox([Values] bool isLocal)
    {
        juliet = await LoginAsync(Juliet + "/balcony", "<presence><show>away</show><status xml:lang='en'>Here</status><priority>64</priority></presence>");
        Server.Clock.Advance(TimeSpan.FromSeconds(5));
        TestClient phone = await LoginAsync(Juliet + "/my phone", "<presence><priority>-1</priority></presence>");
        Element fetch = await FetchAsync(isLocal);
        Assert.That((fetch["at"], fetch["basic"]), Is.EqualTo(("2030-01-01T00:00:05Z", "open")));
        Element presence = fetch.Child(Pidf, "presence")!;
        Assert.That(presence["entity"], Is.EqualTo("pres:juliet@localhost"));
        Assert.That(Describe(presence), Is.EqualTo(new[]
        {
            "open xmpp:juliet@localhost/balcony 0.5 away 'Here' en 2030-01-01T00:00:00Z",
            "open im:juliet@localhost",
            "closed xmpp:juliet@localhost/my%20phone 0 2030-01-01T00:00:05Z",
        }));
        Assert.That(presence.Children.Last().Child(Rpid, "activities")!.Child(Rpid, "away"), Is.Not.Null);
        IsPidf(presence);
        Assert.That(phone.Session.IsAvailable, Is.True);
    }

    [Test]
    public async Task An_account_that_is_off_answers_with_a_closed_tuple_also_after_a_restart([Values] bool isLocal)
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        await juliet.SendAsync("<presence type='unavailable'><status>Gone to Mantua</status></presence>");
        await juliet.DisconnectAsync();
        await Server.RestartAsync();
        StandElsewhere();
        Server.Clock.Advance(TimeSpan.FromHours(1));
        Element fetch = await FetchAsync(isLocal);
        Assert.That((fetch["at"], fetch["basic"]), Is.EqualTo(("2030-01-01T01:00:00Z", "closed")));
        Assert.That(Describe(fetch.Child(Pidf, "presence")!), Is.EqualTo(new[] { "closed im:juliet@localhost 'Gone to Mantua' 2030-01-01T00:00:00Z" }));
        IsPidf(fetch.Child(Pidf, "presence")!);
    }

    [Test]
    public async Task Only_negative_priority_is_closed()
    {
        juliet = await LoginAsync(Juliet + "/balcony", "<presence><priority>-5</priority></presence>");
        Element fetch = await FetchAsync(true);
        Assert.That(fetch["basic"], Is.EqualTo("closed"));
        Assert.That(Describe(fetch.Child(Pidf, "presence")!), Is.EqualTo(new[] { "closed xmpp:juliet@localhost/balcony 0 2030-01-01T00:00:00Z", "closed im:juliet@localhost" }));
    }

    [Test]
    public async Task Rules_decide_what_is_in_it([Values("block", "confirm", "polite-block", "allow")] string decision, [Values] bool isLocal)
    {
        juliet = await LoginAsync(Juliet + "/balcony", "<presence><show>dnd</show></presence>");
        await SetRulesAsync($"<conditions><identity><one id='{(isLocal ? Romeo : Tybalt)}'/></identity></conditions><actions><sub-handling xmlns='{Rules}'>{decision}</sub-handling></actions>");
        Remote.Drain();
        Element answer = await AskAsync(isLocal, Juliet);
        switch (decision)
        {
            case "block":
                Element absent = await AskAsync(isLocal, "nobody@localhost");
                Assert.That(answer.ToString(), Is.EqualTo(absent.ToString().Replace("nobody@localhost", Juliet, StringComparison.Ordinal)));
                Assert.That(answer.ToString(), Does.Contain("service-unavailable"));
                break;
            case "allow":
                Assert.That(Describe(answer.Children.Single().Child(Pidf, "presence")!)[0], Does.StartWith("open xmpp:juliet@localhost/balcony 0 dnd"));
                break;
            default:
                Assert.That(Describe(answer.Children.Single().Child(Pidf, "presence")!), Is.EqualTo(new[] { "closed im:juliet@localhost 2030-01-01T00:00:00Z" }));
                break;
        }
    }

    [Test]
    public async Task A_stranger_gets_what_somebody_gets_who_asks_after_nobody([Values] bool isOnline, [Values("", " format='moon'")] string extra)
    {
        await Server.AddAccountsAsync("paris@localhost");
        TestClient paris = await LoginAsync("paris@localhost/hall");
        if (isOnline)
            juliet = await LoginAsync(Juliet + "/balcony");
        var answers = new List<string>();
        foreach (string whom in (string[])[Juliet, "nobody@localhost"])
            answers.Add((await paris.AskAsync($"<iq type='get' id='f' to='{whom}'><fetch xmlns='{Ns}'{extra}/></iq>")).ToString().Replace(whom, "x", StringComparison.Ordinal));
        Assert.That(answers[0], Is.EqualTo(answers[1]).And.Contain("service-unavailable"));
    }

    [Test]
    public async Task A_stranger_whom_a_rule_lets_see_some_sees_just_that()
    {
        await Server.AddAccountsAsync("paris@localhost");
        TestClient paris = await LoginAsync("paris@localhost/hall");
        juliet = await LoginAsync(Juliet + "/balcony", "<presence><show>dnd</show><status>Here</status></presence>");
        await SetRulesAsync($"<conditions><subscription xmlns='{Own}'>none</subscription></conditions><actions><sub-handling xmlns='{Rules}'>allow</sub-handling></actions><transformations><hide xmlns='{Own}'><all/><tuple id='balcony'/></hide></transformations>");
        Element fetch = (await paris.AskAsync($"<iq type='get' id='f' to='{Juliet}'><fetch xmlns='{Ns}' format='all'/></iq>")).Children.Single();
        Assert.That(fetch.ToString(), Does.Not.Contain("dnd").And.Not.Contain("Here").And.Not.Contain("balcony"));
        Assert.That(Describe(fetch.Child(Pidf, "presence")!), Is.EqualTo(new[] { "closed im:juliet@localhost" }));
    }

    [Test]
    public async Task What_is_said_of_a_service_is_in_its_tuple_and_what_is_said_of_a_person_with_the_person()
    {
        juliet = await LoginAsync(Juliet + "/balcony", $"<presence><mood xmlns='{Rpid}'><happy/></mood><relationship xmlns='{Rpid}'><assistant/></relationship><service-class xmlns='{Rpid}'><electronic/></service-class></presence>");
        Element presence = (await FetchAsync(true)).Child(Pidf, "presence")!;
        IsPidf(presence);
        Element tuple = presence.Children.First(static child => child.Is(Pidf, "tuple")), person = presence.Children.Single(static child => child.LocalName == "person");
        Assert.That(tuple.Children.Where(static child => child.Namespace == Rpid).Select(static child => child.LocalName), Is.EqualTo(new[] { "relationship", "service-class" }));
        Assert.That(person.Children.Select(static child => child.LocalName), Is.EqualTo(new[] { "mood" }));
    }

    [Test]
    public async Task The_same_is_to_be_had_as_stanzas()
    {
        juliet = await LoginAsync(Juliet + "/balcony", "<presence><show>dnd</show><x xmlns='urn:x-test:new'/></presence>");
        Element fetch = (await AskAsync(true, Juliet, " format='stanza'")).Children.Single();
        Assert.That(fetch.Child(Pidf, "presence"), Is.Null);
        Element presence = fetch.Child("urn:xmpp:forward:0", "forwarded")!.Children.Single();
        Assert.That(presence.ToString(), Is.EqualTo(Testing.Xml.Parse("<presence from='juliet@localhost/balcony'><show>dnd</show><x xmlns='urn:x-test:new'/></presence>").ToString()));
        await juliet.SendAsync("<presence type='unavailable'><status>Gone</status></presence>");
        fetch = (await AskAsync(true, Juliet, " format='stanza'")).Children.Last();
        presence = fetch.Child("urn:xmpp:forward:0", "forwarded")!.Children.Single();
        Assert.That((presence["type"], presence.Children.First().Text), Is.EqualTo(("unavailable", "Gone")));
    }

    [Test]
    public async Task Other_addresses_are_tuples_of_their_own_each_with_its_status()
    {
        juliet = await LoginAsync(
            Juliet + "/balcony",
            "<presence><reach xmlns='urn:xmpp:reach:0'><addr uri='tel:+1-303-555-1212'><desc xml:lang='en'>Conference room</desc><basic xmlns='urn:x-presencexml:tuple:0'>closed</basic></addr>"
            + "<addr uri='sip:juliet@capulet.example'/><addr uri='not an address'/><addr/><addr uri='/etc/passwd'/></reach></presence>");
        Element presence = (await FetchAsync(true)).Child(Pidf, "presence")!;
        Assert.That(Describe(presence), Is.EqualTo(new[]
        {
            "open xmpp:juliet@localhost/balcony 0 2030-01-01T00:00:00Z", "open im:juliet@localhost", "open sip:juliet@capulet.example", "closed tel:+1-303-555-1212 'Conference room' en",
        }));
        IsPidf(presence);
        await SetRulesAsync($"<transformations><hide xmlns='{Own}'><tuple scheme='tel'/></hide></transformations>");
        Assert.That((await FetchAsync(true)).ToString(), Does.Not.Contain("tel:").And.Contain("sip:"));
    }

    [Test]
    public async Task The_id_of_a_tuple_is_that_of_the_device_and_tells_nothing_else()
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        string[] before = Ids(await FetchAsync(true));
        await juliet.SendAsync("<presence><show>away</show></presence>");
        Assert.That(Ids(await FetchAsync(true)), Is.EqualTo(before));
        await juliet.DisconnectAsync();
        juliet = await LoginAsync(Juliet + "/balcony");
        Assert.That(Ids(await FetchAsync(true)), Is.EqualTo(before));
        Assert.That(before, Has.None.Contain("balcony"));
    }

    [Test]
    public async Task The_owner_may_ask_about_himself_and_what_makes_no_sense_is_refused()
    {
        juliet = await LoginAsync(Juliet + "/balcony");
        Assert.That((await juliet.AskAsync($"<iq type='get' id='f'><fetch xmlns='{Ns}'/></iq>")).Children.Single()["basic"], Is.EqualTo("open"));
        Element answer = await juliet.AskAsync($"<iq type='get' id='f'><fetch xmlns='{Ns}' format='moon'/></iq>");
        Assert.That(answer.ToString(), Does.Contain("bad-request").And.Contain("format is pidf, stanza or all"));
    }

    private async Task<Element> FetchAsync(bool isLocal) => (await AskAsync(isLocal, Juliet)).Children.Single(child => child.LocalName == "fetch");

    private async Task<Element> AskAsync(bool isLocal, string whom, string extra = "")
    {
        string request = $"<iq type='get' id='f' to='{whom}'><fetch xmlns='{Ns}'{extra}/></iq>";
        if (isLocal)
        {
            await using TestClient romeo = await Server.ConnectAsync(Romeo + "/orchard");
            return (await romeo.AskAsync(request)).With("to", null);
        }
        Remote.Drain();
        await Remote.SendAsync(request.Insert(4, $"from='{Street}' "));
        return Remote.Drain().Single(stanza => stanza.LocalName == "iq");
    }

    private async Task SetRulesAsync(string rule)
    {
        await juliet.SendAsync($"<iq type='set' id='set'><ruleset xmlns='{Policy}'><rule id='r'>{rule}</rule></ruleset></iq>");
        Assert.That((await juliet.DrainAsync()).Single(stanza => stanza["id"] == "set")["type"], Is.EqualTo("result"));
    }

    private static string[] Ids(Element fetch) => [.. fetch.Child(Pidf, "presence")!.Children.Where(child => child.Is(Pidf, "tuple")).Select(tuple => tuple["id"]!)];

    private static string[] Describe(Element presence) => [.. presence.Children.Where(child => child.Is(Pidf, "tuple")).Select(tuple =>
    {
        Element contact = tuple.Child(Pidf, "contact")!;
        Element? note = tuple.Child(Pidf, "note");
        string?[] parts =
        [
            tuple.Child(Pidf, "status")!.Child(Pidf, "basic")!.Text, contact.Text, contact["priority"],
            tuple.Child(Pidf, "status")!.Children.FirstOrDefault(child => child.LocalName == "show")?.Text,
            note is null ? null : $"'{note.Text}'", note?.Attribute(new QName("http://www.w3.org/XML/1998/namespace", "lang")),
            tuple.Child(Pidf, "timestamp")?.Text,
        ];
        return string.Join(' ', parts.Where(part => part is not null));
    })];

    // What the schema of RFC 3863 §4.4 asks for.
    private static void IsPidf(Element presence)
    {
        Assert.That(presence["entity"], Does.StartWith("pres:"));
        string[] ids = [.. presence.Children.Select(child => child["id"]!)];
        Assert.That(ids, Is.Unique.And.All.Matches("^[A-Za-z_][A-Za-z0-9_.-]*$"));
        int order = 0;
        foreach (Element child in presence.Children)
        {
            int place = child.Is(Pidf, "tuple") ? 0 : child.Is(Pidf, "note") ? 1 : 2;
            Assert.That(place, Is.GreaterThanOrEqualTo(order), presence.ToString());
            order = place;
            if (place != 0)
                continue;
            string[] names = [.. child.Children.Select(part => part.Namespace == Pidf ? part.LocalName : "any")];
            Assert.That(string.Join(' ', names), Does.Match("^status( any)* contact( note)*( timestamp)?$"));
            if (child.Child(Pidf, "timestamp") is { } time)
                Assert.That(DateTimeOffset.TryParseExact(time.Text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _), Is.True);
            if (child.Child(Pidf, "contact")!["priority"] is { } priority)
                Assert.That(priority, Does.Match(@"^(0(\.\d{0,3})?|1(\.0{0,3})?)$"));
        }
    }
}
