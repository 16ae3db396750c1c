using PresenceXml.Protocol;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Tests.Streams;

namespace PresenceXml.Server.Tests.Disclosure;

/// <summary>A server with an account in each state, and somebody who asks about them, over real streams.</summary>
internal sealed class DisclosureScene : IAsyncDisposable
{
    public const string Resource = "there";

    /// <summary>A tuple that holds while nobody is there.</summary>
    public const string Holiday = "<iq type='set' id='t'><tuple xmlns='urn:x-presencexml:tuple:0' id='there' shown-as='resource' until='2031-01-01T01:00:00Z'><basic>closed</basic><show>xa</show><note>On holiday</note></tuple></iq>";
    private readonly StreamHost host;
    private readonly string watcher;

    private DisclosureScene(StreamHost host, string watcher)
    {
        this.host = host;
        this.watcher = watcher;
    }

    public static async Task<DisclosureScene> BeginAsync(string watcher = "romeo") => new(await StreamHost.StartAsync(static options => options.Limits.ConnectionsPerAddress = 0), watcher);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    public Task AddAsync(string user) => host.AddAccountAsync(user);

    /// <summary>Logs in and says it is there.</summary>
    public async Task<Speaker> EnterAsync(string user, string resource, string presence = "<presence/>")
    {
        (TestClient client, string address) = await host.LoginAsync(user, resource);
        var speaker = new Speaker(client, address);
        await speaker.SayAsync(presence);
        return speaker;
    }

    /// <summary>Brings an account into this state; its name is returned, which is as long for all.</summary>
    /// <param name="state">What it is to be like.</param>
    /// <param name="isFriend">The one who asks is subscribed to its presence.</param>
    public async Task<string> PrepareAsync(Presented state, bool isFriend = false)
    {
        string name = $"state{(int)state:00}";
        if (state == Presented.Absent)
            return name;
        await host.AddAccountAsync(name);
        if (isFriend)
            await BefriendAsync(name, watcher);
        switch (state)
        {
            case Presented.NeverThere:
                break;
            case Presented.Offline:
                await LeaveAsync(await EnterAsync(name, Resource));
                break;
            case Presented.Online:
                await EnterAsync(name, Resource, "<presence><show>away</show><status>in the garden</status></presence>");
                break;
            case Presented.Silent:
                await EnterAsync(name, Resource, "");
                break;
            case Presented.Negative:
                await EnterAsync(name, Resource, "<presence><priority>-1</priority></presence>");
                break;
            case Presented.Watched:
                await BefriendAsync(name, "juliet");
                await EnterAsync(name, Resource);
                break;
            case Presented.Watching:
                await BefriendAsync("juliet", name);
                await EnterAsync(name, Resource);
                break;
            case Presented.Blocking:
                await BlockAsync(await EnterAsync(name, Resource));
                break;
            case Presented.BlockingOffline:
                Speaker blocker = await EnterAsync(name, Resource);
                await BlockAsync(blocker);
                await LeaveAsync(blocker);
                break;
            case Presented.RuleBlocking:
                await RuleAsync(await EnterAsync(name, Resource), "block");
                break;
            case Presented.PoliteBlocking:
                await RuleAsync(await EnterAsync(name, Resource), "polite-block");
                break;
            case Presented.Confirming:
                await RuleAsync(await EnterAsync(name, Resource), "confirm");
                break;
            case Presented.RuleBlockingOffline or Presented.PoliteBlockingOffline:
                Speaker ruling = await EnterAsync(name, Resource);
                await RuleAsync(ruling, state == Presented.RuleBlockingOffline ? "block" : "polite-block");
                await LeaveAsync(ruling);
                break;
            case Presented.OnHoliday:
                Speaker leaving = await EnterAsync(name, "desk");
                Assert.That(await leaving.SayAsync(Holiday), Does.Contain("type='result'"));
                await LeaveAsync(leaving);
                break;
            case Presented.Discarding or Presented.Filing or Presented.Rejecting:
                Speaker sorting = await EnterAsync(name, Resource);
                string version = (await sorting.SayAsync(DeliveryRules(state, null))).Split("ver='")[1].Split('\'')[0];
                Assert.That(await sorting.SayAsync(DeliveryRules(state, version)), Does.Contain("type='result'"));
                await LeaveAsync(sorting);
                break;
            case Presented.WithoutPresence or Presented.WithoutMessages or Presented.WithoutBoth:
                await EnterAsync(name, Resource);
                ServicesOff off = state switch { Presented.WithoutPresence => ServicesOff.Presence, Presented.WithoutMessages => ServicesOff.Messages, _ => ServicesOff.Presence | ServicesOff.Messages };
                Assert.That(await host.Get<ServiceChanges>().SetAsync(Jid.Parse(name + "@localhost"), off, CancellationToken.None));
                break;
            case Presented.Deleted:
                await BefriendAsync(name, "juliet");
                Speaker dying = await EnterAsync(name, Resource, "<presence/><iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>X</FN></vCard></iq>");
                await dying.SayAsync("<message to='juliet@localhost' type='chat' id='x'><body>farewell</body></message>");
                await dying.LeaveAsync("<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>");
                Assert.That(await dying.ReadToEndAsync(), Does.Contain("type='result'"));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(state), state, "not prepared");
        }
        return name;
    }

    /// <summary>The watcher is subscribed to the presence of the other.</summary>
    public async Task BefriendAsync(string presentity, string subscriber)
    {
        Speaker asking = await EnterAsync(subscriber, "asking", ""), granting = await EnterAsync(presentity, "granting", "");
        await asking.SayAsync($"<presence to='{presentity}@localhost' type='subscribe'/>");
        await granting.SayAsync($"<presence to='{subscriber}@localhost' type='subscribed'/>");
        await LeaveAsync(asking);
        await LeaveAsync(granting);
    }

    private async Task BlockAsync(Speaker speaker) =>
        Assert.That(await speaker.SayAsync($"<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='{watcher}@localhost'/></block></iq>"), Does.Contain("type='result'"));

    /// <summary>An access rule for the one who asks.</summary>
    public Task RuleAsync(Speaker speaker, string handling) => RuleAsync(speaker, handling, $"{watcher}@localhost");

    public static async Task RuleAsync(Speaker speaker, string handling, string watcher) => Assert.That(await speaker.SayAsync(Rule(handling, watcher)), Does.Contain("type='result'"));

    public static string Rule(string handling, string watcher) =>
        "<iq type='set' id='rules'><ruleset xmlns='urn:ietf:params:xml:ns:common-policy'><rule id='r'>"
        + $"<conditions><identity><one id='xmpp:{watcher}'/></identity></conditions>"
        + $"<actions><sub-handling xmlns='urn:ietf:params:xml:ns:pres-rules'>{handling}</sub-handling></actions></rule></ruleset></iq>";

    /// <summary>Asks for the delivery rules, or replaces those of a version.</summary>
    public static string DeliveryRules(Presented state, string? version)
    {
        const string Ns = "urn:x-presencexml:delivery:0";
        string action = state switch { Presented.Discarding => "<discard/>", Presented.Filing => "<fileinto box='junk'/>", _ => "<reject condition='not-acceptable'/>" };
        return version is null
            ? $"<iq type='get' id='dr'><delivery xmlns='{Ns}'/></iq>"
            : $"<iq type='set' id='ds'><delivery xmlns='{Ns}' ver='{version}'><rule name='strangers'><from stranger='true'/>{action}</rule></delivery></iq>";
    }

    public static async Task LeaveAsync(Speaker speaker)
    {
        await speaker.LeaveAsync();
        await speaker.ReadToEndAsync();
    }
}
