using System.Text.Json.Serialization;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary>What can be asked over the control socket.</summary>
internal enum ControlTask { Add, SetKeys, Delete, List, ListClients, RevokeClient, Backup, ListLinks, ShowLinks, TestLink, ListWatchers, FindServices, SetServices }

/// <summary>A request: one line of JSON. Keys are derived by the one who asks, so that no password crosses the socket.</summary>
/// <param name="Task">What to do.</param>
/// <param name="Accounts">Add, SetKeys: addresses with their keys as <see cref="ScramKeyText"/> writes them.</param>
/// <param name="Jid">Delete, ListClients, RevokeClient, ListWatchers, FindServices, SetServices: the account. List: the last of the page before.</param>
/// <param name="Domain">List: of ours. ShowLinks, TestLink: of another server.</param>
/// <param name="Limit">List: accounts in a page.</param>
/// <param name="File">Backup: the full path.</param>
/// <param name="Client">RevokeClient: its id.</param>
/// <param name="From">TestLink: the domain of ours; null for the first.</param>
/// <param name="Off">SetServices: what the account is to be without.</param>
internal sealed record ControlRequest(ControlTask Task, IReadOnlyList<ControlAccount>? Accounts = null, string? Jid = null, string? Domain = null, int Limit = 0, string? File = null, string? Client = null, string? From = null, ServicesOff Off = ServicesOff.None);

internal sealed record ControlAccount(string Jid, string Keys);

/// <summary>The answer: one line of JSON; to TestLink, one for each step before it.</summary>
/// <param name="Refused">Why nothing was done; null when it was.</param>
/// <param name="Found">SetKeys, Delete, ListClients, RevokeClient, ListWatchers, FindServices, SetServices: there was such an account.</param>
/// <param name="Jids">Add: those that existed. List: the page.</param>
/// <param name="Clients">ListClients.</param>
/// <param name="Revocation">RevokeClient.</param>
/// <param name="Links">ListLinks, ShowLinks.</param>
/// <param name="Incoming">ListLinks, ShowLinks: what other servers opened.</param>
/// <param name="Policy">ShowLinks: what the domain has to prove itself by.</param>
/// <param name="Step">TestLink: what was just done; more follows.</param>
/// <param name="Test">TestLink: the end.</param>
/// <param name="Watchers">ListWatchers.</param>
/// <param name="Off">FindServices.</param>
internal sealed record ControlReply(string? Refused = null, bool Found = false, IReadOnlyList<string>? Jids = null, IReadOnlyList<ControlKnownClient>? Clients = null, Revocation Revocation = default,
    IReadOnlyList<ControlLink>? Links = null, IReadOnlyList<ControlIncoming>? Incoming = null, string? Policy = null, string? Step = null, ControlTest? Test = null,
    IReadOnlyList<ControlWatcher>? Watchers = null, ServicesOff Off = ServicesOff.None);

/// <summary>What is told of a client; nothing of its tokens but whether it has one.</summary>
internal sealed record ControlKnownClient(
    string Id, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, string Software, string Device, string Mechanism, string Resource, bool KnowsPassword, bool HasToken, bool IsConnected)
{
    public static ControlKnownClient Of(KnownClient client) => new(
        client.Record.Id, client.Record.FirstSeen, client.Record.LastSeen, client.Record.Software, client.Record.Device, client.Record.Mechanism, client.Record.Resource,
        client.Record.KnowsPassword, client.HasToken, client.IsConnected);

    public KnownClient ToClient()
    {
        // Texts that are empty are not written.
        var record = new ClientRecord(Id, FirstSeen) { LastSeen = LastSeen, Software = Software ?? "", Device = Device ?? "", Mechanism = Mechanism ?? "", Resource = Resource ?? "", KnowsPassword = KnowsPassword };
        return new KnownClient(record, IsConnected, HasToken);
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlReply))]
internal sealed partial class ControlJson : JsonSerializerContext;
