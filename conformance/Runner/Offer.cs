using System.Net.Sockets;
using System.Security.Authentication;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>What the server under test offers, so that a play about something optional is skipped where that is absent.</summary>
public sealed class Offer
{
    private const string DiscoNs = "http://jabber.org/protocol/disco#info";
    private const string CapsNs = "http://jabber.org/protocol/caps";
    private const string VersionNs = "jabber:iq:version";
    private const string ChannelBindingNs = "urn:xmpp:sasl-cb:0";
    private const string DowngradeProtection = "ssdp";
    private readonly HashSet<string> offered = new(StringComparer.Ordinal);
    private string? noFederation;

    /// <summary>Whether a need of a play is met: <c>tls</c> (STARTTLS), <c>direct-tls</c>, <c>confidential</c> (TLS of either kind), <c>federation</c>, a SASL mechanism, a type of channel binding (XEP-0440), the namespace of a feature (with <c>sasl2:</c> or <c>bind2:</c> before it where it is offered inline there), a FAST mechanism, an upgrade task, <c>ssdp</c> (XEP-0474), or the software's node in entity capabilities.</summary>
    public bool Has(string need) => offered.Contains(need);

    /// <summary>The name and version of the server's software as it says (XEP-0092), null when it does not.</summary>
    public string? Software { get; private set; }

    /// <summary>Why a play with this need is skipped.</summary>
    public string WhyNot(string need) =>
        need == Play.Federation && noFederation is not null ? noFederation : $"the server does not offer {need}";

    /// <summary>Logs in once, reads the features of each stream and the answers of service discovery.</summary>
    /// <exception cref="PlayFailedException">Not even that works.</exception>
    public static async Task<Offer> ScoutAsync(Venue venue, Account account, CancellationToken cancel)
    {
        var offer = new Offer();
        await using var actor = new Actor(new("Scout", account.Local, null, null, true), account, venue, new(new(static _ => null)));
        await actor.OpenConnectionAsync(venue.Tls == TlsMode.Direct, cancel);
        if (venue.Tls == TlsMode.StartTls)
        {
            await Login.SecureAsync(actor, cancel);
            offer.offered.Add("tls");
        }

        if (venue.Tls != TlsMode.None)
            offer.offered.Add("confidential");
        if (venue.DirectPort is not null)
            offer.offered.Add("direct-tls");
        if (venue.ServerPort is null)
            offer.noFederation = "no port for servers is known (--server-port)";
        else if ((offer.noFederation = PeerServer.WhyNot()) is null)
        {
            offer.offered.Add(Play.Federation);
            await offer.ScoutStreamOfServersAsync(venue, cancel);
        }

        var features = await actor.OpenStreamAsync(cancel);
        offer.Add(features);
        foreach (var mechanism in features.Child(Namespaces.Sasl, "mechanisms")?.Children ?? [])
            offer.offered.Add(mechanism.Text);
        foreach (var binding in features.Child(ChannelBindingNs, "sasl-channel-binding")?.Children ?? [])
            offer.offered.Add(binding["type"] ?? "");
        if ((await Login.AuthenticateAsync(actor, features, cancel))?.Told('h') is { Length: > 0 })
            offer.offered.Add(DowngradeProtection);
        offer.Add(features = await actor.OpenStreamAsync(cancel));
        await Login.BindAsync(actor, features, cancel);
        foreach (var to in (string[])[venue.Domain, account.Bare])
        {
            await actor.SendAsync($"<iq type='get' to='{to}' id='disco'><query xmlns='{DiscoNs}'/></iq>", cancel);
            var answer = await actor.ReceiveStanzaAsync("an answer to disco#info");
            foreach (var feature in answer.Child(DiscoNs, "query")?.Children.Where(static child => child.Is(DiscoNs, "feature")) ?? [])
                offer.offered.Add(feature["var"] ?? "");
        }

        await actor.SendAsync($"<iq type='get' to='{venue.Domain}' id='version'><query xmlns='{VersionNs}'/></iq>", cancel);
        var version = (await actor.ReceiveStanzaAsync("an answer to the question for the software's version")).Child(VersionNs, "query");
        if (version?.Child(VersionNs, "name")?.Text is { Length: > 0 } name)
            offer.Software = $"{name} {version.Child(VersionNs, "version")?.Text}".TrimEnd();
        await actor.DisconnectAsync(cancel);
        return offer;
    }

    /// <summary>The features that the server offers to other servers, as the ones it offers to clients.</summary>
    /// <exception cref="InvalidOperationException">There is no such stream.</exception>
    private async Task ScoutStreamOfServersAsync(Venue venue, CancellationToken cancel)
    {
        await using var server = PeerServer.Start(
            new("Scout", "Scout", null, null, false, IsServer: true), venue, new(new(static _ => null)), isLed: false);
        try
        {
            await server.Out.OpenConnectionAsync(direct: false, cancel);
            await server.Out.SecureAsync(cancel);
            Add(await server.Out.OpenStreamAsync(cancel));
        }
        catch (Exception e) when (e is PlayFailedException or SocketException or AuthenticationException or IOException)
        {
            throw new InvalidOperationException($"{venue.Host}:{venue.ServerPort} opens no stream for a server: {e.Message}", e);
        }
    }

    private void Add(Element features)
    {
        foreach (var feature in features.Children)
            offered.Add(feature.Namespace);
        if (features.Child(ModernLogin.Ns, "authentication") is { } modern)
            AddInline(modern);
        if (features.Child(CapsNs, "c")?["node"] is { } software) // XEP-0115 §6.2
            offered.Add(software);
    }

    // XEP-0388 §2.1, XEP-0386 §3.1, XEP-0484 §3.1, XEP-0480 §2.1
    private void AddInline(Element modern)
    {
        var inline = modern.Child(ModernLogin.Ns, "inline")?.Children.ToArray() ?? [];
        offered.UnionWith(inline.Select(static feature => $"sasl2:{feature.Namespace}"));
        offered.UnionWith(inline.SelectMany(static feature => feature.Children).Where(static child => child.LocalName == "mechanism").Select(static child => child.Text.Trim()));
        offered.UnionWith(modern.Children.Where(static child => child.LocalName == "mechanism").Select(static child => $"sasl2:{child.Text.Trim()}"));
        offered.UnionWith(modern.Children.Where(static child => child.LocalName == "upgrade").Select(static child => child.Text.Trim()));
        offered.UnionWith(inline.SelectMany(static feature => feature.Children).Where(static child => child.LocalName == "inline")
            .SelectMany(static child => child.Children).Select(static feature => $"bind2:{feature["var"]}"));
    }
}
