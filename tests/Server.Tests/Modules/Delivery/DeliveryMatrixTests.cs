using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Delivery;

/// <summary>Each action, with the recipient online and offline, of a message and of a request, from here and from elsewhere: what all of them see of it, now and later.</summary>
public sealed class DeliveryMatrixTests : DeliveryFixture
{
    private static readonly string[] Actions =
    [
        "<keep/>", "<fileinto box='junk'/>", "<flag name='work'/>", "<quiet/>", "<deliver-to resource='phone*'/>", "<deliver-to resource='none'/>", "<reject>No.</reject>",
        "<reject disclose='true'>No.</reject>", "<discard/>", "<reply disclose='true'>Away.</reply>", "<redirect jid='nurse@localhost'/>", "<redirect jid='nurse@localhost' copy='false'/>",
        "<report/>", "<stop/>",
    ];

    private bool isLocal;
    private TestClient? romeo;
    private TestClient? nurse;

    // What a message from the sender comes to: what he hears, what Juliet's two resources get at once, what her next login gets, what her log has.
    [Test]
    public async Task A_message([ValueSource(nameof(Actions))] string action, [Values] bool isOnline, [Values] bool local)
    {
        await PrepareAsync(action, local);
        (TestClient? balcony, TestClient? phone) = isOnline ? (await LoginAsync("juliet@localhost/balcony"), await LoginAsync("juliet@localhost/phone1")) : (null, null);
        await SendAsync($"<message to='{Juliet}' type='chat' id='m1'><body>Wherefore</body></message>");
        await IdleAsync();
        string[] heard = await HeardAsync();
        string[] first = await GotAsync(balcony), second = await GotAsync(phone);
        await EndAsync(balcony, phone);
        string[] later = await LaterAsync();
        (string Box, bool Undelivered)[] log = [.. (await LogAsync(Juliet)).Select(static entry => (entry.Box, entry.Undelivered))];

        string[] one = ["m1"], none = [];
        bool isRefused = action.StartsWith("<reject", StringComparison.Ordinal) || action == "<discard/>";
        bool isAway = action is "<fileinto box='junk'/>" or "<redirect jid='nurse@localhost' copy='false'/>";
        bool isShown = isOnline && !isRefused && !isAway && action != "<quiet/>";
        Assert.Multiple(() =>
        {
            Assert.That(heard, Is.EqualTo(action switch
            {
                "<reject disclose='true'>No.</reject>" => ["error not-acceptable"],
                "<reply disclose='true'>Away.</reply>" => ["Away."],
                _ => none,
            }), "the sender");
            Assert.That(first, Is.EqualTo(isShown && action != "<deliver-to resource='phone*'/>" ? one : none), "balcony");
            Assert.That(second, Is.EqualTo(isShown ? one : none), "phone");
            Assert.That(later, Is.EqualTo(isRefused || isAway || isShown ? none : one), "the next login");
            Assert.That(log.Select(static entry => entry.Box), Is.EqualTo(isRefused ? none : [action switch
            {
                "<fileinto box='junk'/>" => "junk",
                "<redirect jid='nurse@localhost' copy='false'/>" => "bin",
                _ => "",
            }]), "the log");
            Assert.That(log.Select(static entry => entry.Undelivered), Has.None.True);
        });
        await CheckNurseAsync(action, "Wherefore");
        await CheckSenderAsync(action);
    }

    [Test]
    public async Task A_request([ValueSource(nameof(Actions))] string action, [Values] bool isOnline, [Values] bool local)
    {
        await PrepareAsync(action, local);
        (TestClient? balcony, TestClient? phone) = isOnline ? (await LoginAsync("juliet@localhost/balcony"), await LoginAsync("juliet@localhost/phone1")) : (null, null);
        await SendAsync($"<presence to='{Juliet}' type='subscribe' id='s1'/>");
        await IdleAsync();
        string[] heard = await HeardAsync();
        string[] first = await GotAsync(balcony), second = await GotAsync(phone);
        await EndAsync(balcony, phone);
        string[] later = await LaterAsync();
        string[] boxes = [.. (await LogAsync(Juliet)).Select(static entry => entry.Box)];

        string[] one = ["subscribe"], none = [];
        bool isRefused = action.StartsWith("<reject", StringComparison.Ordinal) || action == "<discard/>";
        bool isAway = action is "<fileinto box='junk'/>" or "<redirect jid='nurse@localhost' copy='false'/>";
        bool isShown = isOnline && !isRefused && !isAway && action != "<quiet/>";
        Assert.Multiple(() =>
        {
            Assert.That(heard, Is.EqualTo(action switch
            {
                "<reject disclose='true'>No.</reject>" => ["unsubscribed"],
                "<reply disclose='true'>Away.</reply>" => ["Away."],
                _ => none,
            }), "the sender");
            Assert.That(first, Is.EqualTo(isShown && action != "<deliver-to resource='phone*'/>" ? one : none), "balcony");
            Assert.That(second, Is.EqualTo(isShown ? one : none), "phone");
            // RFC 6121 §3.1.3: a request is told at each login until it is answered; one that lies in a box is told by that box.
            Assert.That(later, Is.EqualTo(isRefused || isAway ? none : one), "the next login");
            Assert.That(boxes, Is.EqualTo(isAway ? [action.Contains("junk", StringComparison.Ordinal) ? "junk" : "bin"] : none), "the log");
        });
        await CheckNurseAsync(action, "asks to see the presence");
        if (isRefused)
            return;
        // Nothing is lost by a box: it can be granted all the same.
        TestClient again = await LoginAsync("juliet@localhost/again");
        await again.SendAsync($"<presence to='{(isLocal ? Romeo : Tybalt)}' type='subscribed'/>");
        Assert.That(await HeardAsync(), Has.Some.EqualTo("subscribed"));
    }

    [Test]
    public async Task An_invitation_is_a_message_like_any_other([Values] bool direct, [Values] bool isOnline)
    {
        await PrepareAsync("<quiet/>", local: false);
        await SetAsync(Rule("<type is='invitation'/><fileinto box='junk'/>"));
        TestClient? balcony = isOnline ? await LoginAsync("juliet@localhost/balcony") : null;
        string invitation = direct ? "<x xmlns='jabber:x:conference' jid='room@rooms.elsewhere.example'/>"
            : $"<x xmlns='http://jabber.org/protocol/muc#user'><invite from='{Street}'/></x>";
        await Remote.SendAsync($"<message from='room@rooms.elsewhere.example' to='{Juliet}' id='i1'>{invitation}</message><message from='room@rooms.elsewhere.example' to='{Juliet}' id='i2'><body>x</body></message>");
        Assert.That(await GotAsync(balcony), Is.EqualTo(isOnline ? ["i2"] : Array.Empty<string>()));
        Assert.That((await LogAsync(Juliet)).Select(static entry => entry.Box), Is.EqualTo(new[] { "junk", "" }));
        Remote.ExpectNothing();
    }

    private async Task PrepareAsync(string action, bool local)
    {
        isLocal = local;
        await Server.SubscribeAsync("nurse@localhost", Juliet);
        await SetAsync(Rule($"<from domain='{(local ? "localhost" : "elsewhere.example")}'/><not><from jid='nurse@localhost'/></not>{action}"));
        nurse = await LoginAsync("nurse@localhost/home", "<presence><priority>1</priority></presence>");
        if (local)
        {
            romeo = await Server.LoginAsync("romeo@localhost/orchard");
            await romeo.ShowInterestAsync();
        }
        Remote.Drain();
    }

    private Task SendAsync(string xml) => isLocal ? romeo!.SendAsync(xml) : Remote.SendAsync(xml.Insert(xml.IndexOf(' ', StringComparison.Ordinal), $" from='{(xml.StartsWith("<presence", StringComparison.Ordinal) ? Tybalt : Street)}'"));

    private async Task<string[]> HeardAsync() => [.. (isLocal ? await romeo!.DrainAsync() : Remote.Drain()).Where(static stanza => stanza.LocalName != "iq").Select(Word)];

    private static string Word(Element stanza) => stanza.LocalName switch
    {
        "message" when stanza["type"] == "error" => "error " + stanza.Child(Namespaces.Client, "error")!.Children.First().LocalName,
        "message" => stanza.Child(Namespaces.Client, "body")!.Text,
        _ => stanza["type"] ?? "available",
    };

    private static async Task<string[]> GotAsync(TestClient? client) =>
        client is null ? [] : [.. (await client.DrainAsync()).Where(static stanza => stanza.LocalName == "message" || stanza["type"] == "subscribe").Select(static stanza => stanza["type"] == "subscribe" ? "subscribe" : stanza["id"]!)];

    private static async Task EndAsync(params TestClient?[] clients)
    {
        foreach (TestClient? client in clients)
        {
            if (client is not null)
                await client.DisconnectAsync();
        }
    }

    private async Task<string[]> LaterAsync()
    {
        TestClient later = await Server.ConnectAsync("juliet@localhost/later");
        await later.SendAsync("<presence/>");
        string[] got = await GotAsync(later);
        await later.DisconnectAsync();
        return got;
    }

    private async Task CheckNurseAsync(string action, string text)
    {
        Element[] got = [.. (await nurse!.DrainAsync()).Where(static stanza => stanza.LocalName == "message")];
        if (!action.StartsWith("<redirect", StringComparison.Ordinal))
        {
            Assert.That(got, Is.Empty);
            return;
        }
        string from = got.Single().Child("urn:xmpp:forward:0", "forwarded")!.Children.Last()["from"]!;
        Assert.That(Jid.Parse(from).Bare.ToString(), Is.EqualTo(isLocal ? Romeo : Tybalt));
        Assert.That(got[0].Child(Namespaces.Client, "body")!.Text, Does.Contain(text));
        Assert.That(got[0].Child(Ns, "redirected")!.Children.Single().Text, Is.EqualTo(Juliet));
        Assert.That(got[0]["from"], Is.EqualTo(Juliet));
    }

    // His log has what he sent, whatever became of it, and no mark of hers; unless he was told that it was refused.
    private async Task CheckSenderAsync(string action)
    {
        if (!isLocal)
            return;
        var log = (await LogAsync(Romeo)).Where(static entry => entry.Outgoing).ToArray();
        Assert.That(log, Has.Length.EqualTo(action == "<reject disclose='true'>No.</reject>" ? 0 : 1));
        Assert.That(log.Select(static entry => System.Text.Encoding.UTF8.GetString(entry.Content.Span)), Has.None.Contains("flag"));
    }
}
