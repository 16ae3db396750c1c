using PresenceXml.Cable.Clients;
using PresenceXml.Cable.Ledger;

namespace PresenceXml.Cable.Judging;

/// <summary>A device's receipts against its account's archive.</summary>
internal sealed class DeviceView
{
    private readonly Dictionary<(SessionRecord Session, bool IsIncoming), int> lastIndex = [];
    private readonly Dictionary<SessionRecord, int> lastLive = [];
    private readonly TimeSpan tolerance;

    public DeviceView(Device device, AccountArchive archive, TimeSpan tolerance)
    {
        Device = device;
        this.tolerance = tolerance;
        foreach (SessionRecord session in device.Sessions)
            lastIndex[(session, true)] = lastIndex[(session, false)] = lastLive[session] = -1;
        foreach (Receipt receipt in device.Receipts)
        {
            Has.Add(receipt.Seen.Id);
            if (receipt.Seen.Form == MessageForm.Archive || archive.First(receipt.Seen.Id) is not { } entry)
                continue;
            (SessionRecord, bool) key = (receipt.Session, receipt.Seen.Form != MessageForm.Sent);
            lastIndex[key] = Math.Max(lastIndex[key], entry.Index);
            if (receipt.Seen is { Form: MessageForm.Own, Stamp: null })
                lastLive[receipt.Session] = Math.Max(lastLive[receipt.Session], entry.Index);
        }
    }

    public Device Device { get; }

    public HashSet<string> Has { get; } = [];

    /// <summary>
    /// True when it may have been written to a line of a session of the device that ended without the client reading to its end, and to no
    /// other that it did read.
    /// </summary>
    public bool WasOnCutLine(ArchivedMessage entry, SentMessage message) =>
        Device.Sessions.Exists(session => !session.WasClosed && entry.Index > lastIndex[(session, message.To == Device.Account)] && entry.At <= End(session))
        && !Device.Sessions.Exists(session => IsFor(message, session) && session.Ready < entry.At - tolerance && lastLive[session] > entry.Index);

    /// <summary>True when the device had no session that could get it: behind the last it got in the sessions before one, and before that one was ready.</summary>
    public bool WasAway(ArchivedMessage entry, bool isIncoming)
    {
        int last = -1;
        foreach (SessionRecord session in Device.Sessions)
        {
            if (session.Ready is { } ready && entry.Index > last && entry.At <= ready + tolerance)
                return true;
            last = Math.Max(last, lastIndex[(session, isIncoming)]);
        }
        return false;
    }

    private bool IsFor(SentMessage message, SessionRecord session) =>
        message.To == Device.Account && (message.Address == Device.Account.Bare || message.Address == session.Address);

    private TimeSpan End(SessionRecord session) => session.ServerEnd is { } end && end < TimeSpan.MaxValue - tolerance ? end + tolerance : TimeSpan.MaxValue;
}
