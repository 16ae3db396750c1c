using PresenceXml.Server.Tests.Streams;

namespace PresenceXml.Server.Tests.Disclosure;

/// <summary>
/// RFC 2779 §5.1.17, §5.1.18, §5.2.5, §5.2.6, §5.4.5: nobody has to let the other know his network address. Two who are subscribed to each other
/// do all there is to do; in every byte that one is sent the other's address is looked for, in whatever form.
/// </summary>
[CancelAfter(60_000)]
[Property("Spec", "D-06")]
public sealed class AddressPrivacyTests
{
    // 203.0.113.77
    private const uint Secret = 0xCB00714D;
    private static readonly string[] Forms = ["203.0.113.77", "203.0.113", "cb00714d", "cb:00:71:4d", "CB00714D", "3405803853", "ywBxTQ"];

    [Test]
    public async Task In_all_that_is_sent_to_others_there_is_no_address_of_a_client()
    {
        await using StreamHost host = await StreamHost.StartAsync();
        (TestClient julietLine, string juliet) = await host.LoginAsync("juliet", "balcony");
        host.Address = new(Secret, false);
        (TestClient romeoLine, string romeo) = await host.LoginAsync("romeo");
        Speaker she = new(julietLine, juliet), he = new(romeoLine, romeo);
        // A resource that the server made up is told to everybody.
        string told = romeo;
        await she.SayAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence/>");
        await he.SayAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence/><presence to='juliet@localhost' type='subscribe'/>");
        told += await she.SayAsync("<presence to='romeo@localhost' type='subscribed'/><presence to='romeo@localhost' type='subscribe'/>");
        await he.SayAsync("<presence to='juliet@localhost' type='subscribed'/>");
        await he.SayAsync("<presence><show>away</show></presence><iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>Romeo</FN></vCard></iq>");
        foreach (WatcherPath path in WatcherPath.All)
        {
            told += await she.SayAsync(Addressed(path.Xml, "romeo@localhost", romeo));
            await he.SayAsync(Addressed(path.Xml, "juliet@localhost", juliet));
        }
        Assert.That(await he.SayAsync(""), Does.Not.Contain("type='unsubscribe"));
        await she.SayAsync("<iq type='set' id='e'><enable xmlns='urn:xmpp:carbons:2'/></iq>");
        told += await he.SayAsync($"<message to='{juliet}'><body>x</body></message>");
        await he.LeaveAsync();
        await he.ReadToEndAsync();
        told += await she.SayAsync("<iq type='get' id='l' to='romeo@localhost'><query xmlns='jabber:iq:last'/></iq><presence to='romeo@localhost' type='probe'/><iq type='set' id='a'><query xmlns='urn:xmpp:mam:2'/></iq>");
        Assert.That(told, Does.Contain("<show>away</show>").And.Contain("Romeo</FN>").And.Contain("type='unavailable'").And.Contain("jabber:iq:last"), "she was told of him");
        foreach (string form in Forms)
            Assert.That(told, Does.Not.Contain(form).IgnoreCase);
    }

    private static string Addressed(string xml, string bare, string full) => xml
        .Replace("<presence to='{to}' type='unsubscribe", "<presence to='nobody@localhost' type='unsubscribe", StringComparison.Ordinal)
        .Replace("type='subscribe'", "type='probe'", StringComparison.Ordinal)
        .Replace("{to}", bare, StringComparison.Ordinal)
        .Replace("{full}", full, StringComparison.Ordinal)
        .Replace("{guess}", bare + "/guess", StringComparison.Ordinal);
}
