using PresenceXml.Protocol;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Watching;

namespace PresenceXml.Server.Commands;

/// <summary>A watcher as it is told over the control socket; its parts as in <see cref="WatcherRecord"/>.</summary>
internal sealed record ControlWatcher(string Jid, string Kind, string Status, DateTimeOffset First, DateTimeOffset Last, long Count, string Strength, string Remarks)
{
    public static ControlWatcher Of(WatcherEntry entry)
    {
        WatcherRecord record = entry.Record;
        string?[] remarks =
        [
            record.Cycles > 0 ? $"took it back {record.Cycles}×" : null, record.IsRefused ? "refused" : null, entry.IsPolite ? "politely blocked" : null,
        ];
        return new ControlWatcher(
            record.Watcher.ToString(), entry.Kind, WatcherDocument.StatusOf(record), record.First, record.Last, record.Count,
            WatcherDocument.WordOf(record.Strength) ?? "", string.Join(", ", remarks.OfType<string>()));
    }
}

/// <summary>Who watches an account, for administrators. From them nobody hides; so who asked about whom is in the log.</summary>
internal sealed class WatcherAudit(Presentities presentities, WatcherReader reader)
{
    /// <summary>Null: there is no such account.</summary>
    public async Task<IReadOnlyList<ControlWatcher>?> ListAsync(Jid account, CancellationToken cancel)
    {
        using PresentityLease? lease = await presentities.AcquireAsync(account.Bare, cancel);
        return lease is null ? null : [.. (await reader.ReadAsync(lease.Presentity, sees: false)).Entries.Select(ControlWatcher.Of)];
    }
}
