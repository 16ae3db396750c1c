using System.Text.RegularExpressions;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Testing;
using Client = PresenceXml.Testing.TestClient;

namespace PresenceXml.Server.Tests.Disclosure;

/// <summary>As <see cref="StrangerTranscriptTests"/>, for a stranger at another server.</summary>
[Property("Spec", "D-07,D-08,D-09,ND-1,ND-2,ND-3,ND-4,ND-5,ND-9")]
public sealed partial class RemoteTranscriptTests : RemoteFixture
{
    private static IEnumerable<Presented> States => Enum.GetValues<Presented>();

    [Test]
    public async Task On_every_path_all_states_of_an_account_look_as_if_there_were_none()
    {
        await Server.AddAccountsAsync(Play.Juliet);
        Dictionary<Presented, string> names = [];
        foreach (Presented state in States)
            names[state] = await PrepareAsync(state);
        Remote.Drain();
        List<string> differences = [];
        foreach (WatcherPath path in WatcherPath.All)
        {
            string? expected = null;
            foreach (Presented state in States)
            {
                await Remote.SendAsync(From(path, names[state]));
                string told = Transcript.Of(string.Join('\n', (IEnumerable<Element>)Remote.Drain()), names[state]);
                expected ??= told;
                if (told != expected && !path.IsExcepted(state))
                    differences.Add($"{path}, {state}: {told}\n   but {States.First()}: {expected}");
            }
        }
        Assert.That(differences, Is.Empty);
    }

    private async Task<string> PrepareAsync(Presented state)
    {
        string name = $"state{(int)state:00}", account = name + "@localhost", there = $"{account}/{DisclosureScene.Resource}";
        if (state == Presented.Absent)
            return name;
        await Server.AddAccountsAsync(account);
        switch (state)
        {
            case Presented.Offline:
                await (await Server.LoginAsync(there)).DisconnectAsync();
                break;
            case Presented.Online:
                await Server.LoginAsync(there, "<presence><show>away</show></presence>");
                break;
            case Presented.Silent:
                await Server.ConnectAsync(there);
                break;
            case Presented.Negative:
                await Server.LoginAsync(there, "<presence><priority>-1</priority></presence>");
                break;
            case Presented.Watched:
                await Server.SubscribeAsync(Play.Juliet, account);
                await Server.LoginAsync(there);
                break;
            case Presented.Watching:
                await Server.SubscribeAsync(account, Play.Juliet);
                await Server.LoginAsync(there);
                break;
            case Presented.Blocking or Presented.BlockingOffline:
                Client blocker = await Server.LoginAsync(there);
                await blocker.AskAsync("<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='elsewhere.example'/></block></iq>");
                if (state == Presented.BlockingOffline)
                    await blocker.DisconnectAsync();
                break;
            case Presented.RuleBlocking or Presented.RuleBlockingOffline or Presented.PoliteBlocking or Presented.PoliteBlockingOffline or Presented.Confirming:
                Client ruling = await Server.LoginAsync(there);
                string handling = state switch { Presented.RuleBlocking or Presented.RuleBlockingOffline => "block", Presented.Confirming => "confirm", _ => "polite-block" };
                Assert.That((await ruling.AskAsync(DisclosureScene.Rule(handling, Tybalt)))["type"], Is.EqualTo("result"));
                if (state is Presented.RuleBlockingOffline or Presented.PoliteBlockingOffline)
                    await ruling.DisconnectAsync();
                break;
            case Presented.OnHoliday:
                Client leaving = await Server.LoginAsync(account + "/desk");
                Assert.That((await leaving.AskAsync(DisclosureScene.Holiday))["type"], Is.EqualTo("result"));
                await leaving.DisconnectAsync();
                break;
            case Presented.Discarding or Presented.Filing or Presented.Rejecting:
                Client sorting = await Server.LoginAsync(there);
                string version = (await sorting.AskAsync(DisclosureScene.DeliveryRules(state, null))).Children.Single()["ver"]!;
                Assert.That((await sorting.AskAsync(DisclosureScene.DeliveryRules(state, version)))["type"], Is.EqualTo("result"));
                await sorting.DisconnectAsync();
                break;
            case Presented.Deleted:
                await Server.SubscribeAsync(account, Play.Juliet);
                await Server.LoginAsync(there);
                await Server.Get<AccountRemoval>().DeleteAsync(Jid.Parse(account), CancellationToken.None);
                break;
        }
        return name;
    }

    internal static string From(WatcherPath path, string account) => WatcherPath.Addressed(StanzaPattern().Replace(path.Xml, $"<$1 from='{Street}' to="), account);

    [GeneratedRegex("<(message|presence|iq) to=")]
    private static partial Regex StanzaPattern();
}
