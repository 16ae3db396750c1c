using System.Text.Json.Serialization;

namespace PresenceXml.Server.Commands;

/// <summary>What can be asked over the control socket.</summary>
internal enum ControlTask { Add, SetKeys, Delete, List, Backup }

/// <summary>A request: one line of JSON. Keys are derived by the one who asks, so that no password crosses the socket.</summary>
/// <param name="Task">What to do.</param>
/// <param name="Accounts">Add, SetKeys: addresses with their keys as <see cref="ScramKeyText"/> writes them.</param>
/// <param name="Jid">Delete: the account. List: the last of the page before.</param>
/// <param name="Domain">List.</param>
/// <param name="Limit">List: accounts in a page.</param>
/// <param name="File">Backup: the full path.</param>
internal sealed record ControlRequest(ControlTask Task, IReadOnlyList<ControlAccount>? Accounts = null, string? Jid = null, string? Domain = null, int Limit = 0, string? File = null);

internal sealed record ControlAccount(string Jid, string Keys);

/// <summary>The answer: one line of JSON.</summary>
/// <param name="Refused">Why nothing was done; null when it was.</param>
/// <param name="Found">SetKeys, Delete: there was such an account.</param>
/// <param name="Jids">Add: those that existed. List: the page.</param>
internal sealed record ControlReply(string? Refused = null, bool Found = false, IReadOnlyList<string>? Jids = null);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlReply))]
internal sealed partial class ControlJson : JsonSerializerContext;
