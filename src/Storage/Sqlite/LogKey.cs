using PresenceXml.Protocol;

namespace PresenceXml.Storage.Sqlite;

/// <summary>One log of one account.</summary>
internal readonly record struct LogKey(Jid Account, string Log);
