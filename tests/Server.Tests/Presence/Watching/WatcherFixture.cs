using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Modules.Watching;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Tests.Modules;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence.Watching;

/// <summary>Juliet, who is watched, and others.</summary>
public abstract class WatcherFixture : RemoteFixture
{
    protected const string Juliet = "juliet@localhost";
    protected const string Romeo = "romeo@localhost";
    protected const string Ns = "urn:x-presencexml:watchers:0";
    protected const string InfoNs = "urn:ietf:params:xml:ns:watcherinfo";
    protected const string FetchNs = "urn:x-presencexml:fetch:0";

    protected TestClient Owner { get; private set; } = null!;

    [SetUp]
    public async Task ConnectOwnerAsync()
    {
        await Server.AddAccountsAsync(Juliet, Romeo, "paris@localhost");
        Owner = await Server.LoginAsync(Juliet + "/balcony");
    }

    protected async Task RestartAsync()
    {
        await Server.RestartAsync();
        await ReconnectAsync();
    }

    protected async Task ReconnectAsync()
    {
        StandElsewhere();
        Owner = await Server.LoginAsync(Juliet + "/balcony");
    }

    internal WatcherKeeper Keeper => Server.Get<ModuleHost>().Modules.OfType<WatchersModule>().Single().Keeper!;

    /// <summary>Time goes on, and what is to be done then was done.</summary>
    protected async Task AfterAsync(double seconds)
    {
        Server.Clock.Advance(TimeSpan.FromSeconds(seconds));
        await Keeper.StepAsync();
    }

    protected async Task<Element> ListAsync(string inner = "", string attributes = "") =>
        await Owner.AskAsync($"<iq type='get' id='list'><watchers xmlns='{Ns}' {attributes}>{inner}</watchers></iq>");

    protected static Element InfoOf(Element stanza) => stanza.Children.Single().Child(InfoNs, "watcherinfo")!;

    protected static IReadOnlyList<Element> EntriesOf(Element stanza) => [.. InfoOf(stanza).Children.Single().Children];

    protected async Task<IReadOnlyList<string>> DescribeAsync() => [.. EntriesOf(await ListAsync()).Select(Describe)];

    protected static string? Own(Element entry, string name) => entry.Attribute(new QName(Ns, name));

    protected static string Describe(Element entry) => string.Join(' ', new[]
    {
        entry.Text, entry["status"], entry["event"], Own(entry, "kind"),
        Own(entry, "count") is { } count ? "count=" + count : null,
        Own(entry, "cycles") is { } cycles ? "cycles=" + cycles : null,
        Own(entry, "ended") is { } ended ? "ended=" + ended : null,
        Own(entry, "outcome"), Own(entry, "policy"),
        Own(entry, "interval") is { } interval ? "interval=" + interval : null,
        Own(entry, "hidden") is { } hidden ? "hidden=" + hidden : null,
    }.Where(static part => part is not null));

    protected static Task<Element> FetchAsync(TestClient client) => client.AskAsync($"<iq type='get' id='f' to='{Juliet}'><fetch xmlns='{FetchNs}'/></iq>");

    /// <summary>Juliet's access rules: what each of these is handled by.</summary>
    protected async Task SetRulesAsync(params (string Jid, string Handling)[] rules) => (await Owner.AskAsync(
        "<iq type='set' id='rules'><ruleset xmlns='urn:ietf:params:xml:ns:common-policy'>"
        + string.Concat(rules.Select(static (rule, i) =>
            $"<rule id='r{i}'><conditions><identity><one id='{rule.Jid}'/></identity></conditions>"
            + $"<actions><sub-handling xmlns='urn:ietf:params:xml:ns:pres-rules'>{rule.Handling}</sub-handling></actions>"
            + "<transformations><provide-all-attributes xmlns='urn:ietf:params:xml:ns:pres-rules'/></transformations></rule>"))
        + "</ruleset></iq>")).ShouldBeResult();

    /// <summary>As if so many strangers had fetched.</summary>
    protected async Task NoteStrangersAsync(int number)
    {
        using PresentityLease lease = (await Server.Get<Presentities>().AcquireAsync(Jid.Parse(Juliet), default))!;
        for (int i = 0; i < number; i++)
        {
            if (i % 100 == 0)
                Server.Clock.Advance(TimeSpan.FromMilliseconds(10));
            lock (lease.Presentity.Gate)
            {
                Server.Get<Watchers>().NoteFetch(
                    lease.Presentity, Jid.Parse($"stranger{i}@elsewhere.example/x"), FetchForm.Probe, PresenceXml.Server.Rules.Strength.Dialback, isPermitted: false);
            }
        }
    }
}
