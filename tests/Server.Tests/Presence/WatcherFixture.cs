using PresenceXml.Protocol.Xml;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Presence;

/// <summary>Somebody who watches Juliet, from here (Romeo) or from elsewhere (Tybalt), and what he gets in short words.</summary>
public abstract class WatcherFixture : RemoteFixture
{
    protected const string Juliet = "juliet@localhost";
    protected const string Romeo = "romeo@localhost";

    protected async Task<IWatcher> WatcherAsync(bool isLocal, string resource = "/orchard") => isLocal ? await LocalAsync(resource) : new FarWatcher(Remote);

    protected static IWatcher Of(TestClient client) => new LocalWatcher(client);

    private async Task<IWatcher> LocalAsync(string resource)
    {
        TestClient romeo = await LoginAsync(Romeo + resource);
        await romeo.ShowInterestAsync();
        return new LocalWatcher(romeo);
    }

    protected static string Describe(Element stanza)
    {
        string type = stanza["type"] ?? "available";
        if (stanza.LocalName == "presence")
        {
            IEnumerable<string> parts = stanza.Children.Select(child => child.LocalName switch
            {
                "show" => child.Text,
                "status" => $"'{child.Text}'",
                "delay" => child["stamp"]!.Replace(".000", "", StringComparison.Ordinal),
                var other => "+" + other,
            });
            return string.Join(' ', [type, stanza["from"]!, .. parts]);
        }
        Element? payload = stanza.Children.FirstOrDefault();
        if (type == "error")
            return "error " + stanza.Children.Single(child => child.LocalName == "error").Children.First().LocalName;
        return payload?.Namespace switch
        {
            "jabber:iq:last" => "last " + payload["seconds"],
            "http://jabber.org/protocol/disco#items" => string.Join(' ', ["items", .. payload.Children.Select(item => item["jid"]!)]),
            _ => stanza.ToString(),
        };
    }

    protected interface IWatcher
    {
        string Bare { get; }
        Task SendAsync(string xml);
        Task<IReadOnlyList<Element>> RawAsync();
        async Task<IReadOnlyList<string>> GotAsync() => [.. (await RawAsync()).Select(Describe)];
    }

    private sealed class LocalWatcher(TestClient client) : IWatcher
    {
        public string Bare => Romeo;
        public Task SendAsync(string xml) => client.SendAsync(xml);
        public async Task<IReadOnlyList<Element>> RawAsync() => [.. (await client.DrainAsync()).Where(stanza => stanza["type"] != "set" && stanza["from"] != client.Address.ToString())];
    }

    private sealed class FarWatcher(RemoteServer remote) : IWatcher
    {
        public string Bare => Tybalt;

        public Task SendAsync(string xml)
        {
            bool isAccounts = xml.Contains("subscribe", StringComparison.Ordinal);
            int space = xml.IndexOf(' ', StringComparison.Ordinal);
            return remote.SendAsync(xml.Insert(space, $" from='{(isAccounts ? Tybalt : Street)}'"));
        }

        public Task<IReadOnlyList<Element>> RawAsync() => Task.FromResult<IReadOnlyList<Element>>([.. remote.Drain().Where(stanza => stanza["type"] != "probe")]);
    }
}
