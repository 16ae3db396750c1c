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
            // What was shown just before a kill and not stored says nothing of the place that it has since it was sent again.
            if (receipt.Seen.Form == MessageForm.Archive || archive.Find(receipt.Seen) is not { } entry)
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
            // One that was never seen to be ready may have got what was stored before, or anything since, or nothing.
            TimeSpan until = session.Ready is { } ready ? ready + tolerance : End(session);
            if (entry.Index > last && entry.At <= until)
                return true;
            last = Math.Max(last, lastIndex[(session, isIncoming)]);
        }
        return false;
    }

    /// <summary>True when it was sent to the address of a session to which the device did not come back, and which had not ended at the server yet.</summary>
    public bool WasForLostSession(ArchivedMessage entry, SentMessage message)
    {
        for (int i = 0; i < Device.Sessions.Count - 1; i++)
        {
            SessionRecord session = Device.Sessions[i];
            if (!session.WasClosed && (session.Address ?? message.Address) == message.Address && entry.Index > lastIndex[(session, true)] && entry.At >= session.Bound - tolerance)
                return true;
        }
        return false;
    }

    private bool IsFor(SentMessage message, SessionRecord session) =>
        message.To == Device.Account && (message.Address == Device.Account.Bare || message.Address == session.Address);

    private TimeSpan End(SessionRecord session) => session.ServerEnd is { } end && end < TimeSpan.MaxValue - tolerance ? end + tolerance : TimeSpan.MaxValue;
}
