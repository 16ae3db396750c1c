namespace PresenceXml.Server.Rules.Access;

/// <summary>What a watcher is shown in place of what is (RFC 2779 5.2.3: different content to different watchers).</summary>
/// <param name="Show">away, chat, dnd or xa; "" for plain available; null: as it is.</param>
/// <param name="Note">The status text; "" for none; null: as it is.</param>
public sealed record Substitute(string? Show, string? Note);
