using System.Globalization;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>Requests that change an inbox. What is not there is named in the answer, and the rest is done.</summary>
internal sealed class InboxActions(InboxStore inbox, InboxReader reader, InboxMarks marks, InboxChanges changes, RetentionTerms terms)
{
    /// <summary>Deletes some by their ids, or what lies in a box since before a time.</summary>
    public async ValueTask<IqReply> DeleteAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload["before"] is not { } stamp)
        {
            if (InboxRequest.ReadIds(iq.Payload, out IReadOnlyList<string> ids) is { } error)
                return error;
            var missing = new List<string>();
            // Also what waits for its delivery alone: who knows its id has listed it (XEP-0013).
            List<LogEntry> found = await reader.FindAsync(iq.Target, ids, missing, passing: true, cancel);
            await changes.DeleteAsync(iq.Presentity!, found.ConvertAll(static entry => entry.Sequence), null, iq.Session);
            return Counted("delete", found.Count, missing);
        }
        if (!DateTimeProfile.TryParse(stamp, out DateTimeOffset before) || iq.Payload.Children.Any())
            return InboxRequest.Bad("before is a date and time of XEP-0082, and stands without items.");
        if (iq.Payload["box"] is not { } name || !InboxRequest.TryReadBox(name, out string? box))
            return InboxRequest.NoBox(iq.Payload["box"]);
        List<long> old = await reader.SelectAsync(iq.Target, box, ArchiveTime.First(before), cancel);
        await changes.DeleteAsync(iq.Presentity!, old, box, iq.Session);
        return Counted("delete", old.Count, []);
    }

    /// <summary>Deletes all that is in a box.</summary>
    public async ValueTask<IqReply> EmptyAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload["box"] is not { } name || !InboxRequest.TryReadBox(name, out string? box))
            return InboxRequest.NoBox(iq.Payload["box"]);
        List<long> all = await reader.SelectAsync(iq.Target, box, null, cancel);
        await changes.DeleteAsync(iq.Presentity!, all, box, iq.Session);
        return Counted("empty", all.Count, []);
    }

    /// <summary>Deletes everything, if that is said.</summary>
    public async ValueTask<IqReply> WipeAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload["confirm"] != "everything")
            return InboxRequest.Bad("This deletes everything in every box: say so by confirm='everything'.");
        return Counted("wipe", await changes.WipeAsync(iq.Presentity!, iq.Session, cancel), []);
    }

    /// <summary>Puts some into a box.</summary>
    public async ValueTask<IqReply> MoveAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload["to"] is not { } name || !InboxRequest.TryReadBox(name, out string? box))
            return InboxRequest.NoBox(iq.Payload["to"]);
        if (InboxRequest.ReadIds(iq.Payload, out IReadOnlyList<string> ids) is { } error)
            return error;
        var missing = new List<string>();
        List<LogEntry> found = await reader.FindAsync(iq.Target, ids, missing, passing: false, cancel);
        await changes.MoveAsync(iq.Presentity!, found, box, iq.Session);
        return Counted("move", found.Count, missing);
    }

    /// <summary>Marks some by their ids, a box up to one of its messages, or nothing: then marks begin.</summary>
    public async ValueTask<IqReply> MarkAsync(IqContext iq, CancellationToken cancel)
    {
        bool isRead = iq.Payload.LocalName == "read";
        var missing = new List<string>();
        if (isRead && iq.Payload["upto"] is { } last)
        {
            if (!InboxRequest.TryReadBox(iq.Payload["box"], out string? box) || iq.Payload.Children.Any())
                return InboxRequest.Bad("upto is the id of a message, and stands without items, in a box that can be.");
            if (!inbox.TryParseStanzaId(iq.Target, last, out long sequence) || !await inbox.Engine.HasPlaceAsync(InboxStore.Log, iq.Target, sequence, cancel))
                return StanzaError.ItemNotFound;
            await marks.MarkToAsync(iq.Presentity!, box, sequence, iq.Session, cancel);
            return new Element(InboxModule.Ns, "read");
        }
        if (isRead && !iq.Payload.Children.Any())
        {
            await marks.BeginAsync(iq.Presentity!);
            return new Element(InboxModule.Ns, "read");
        }
        if (InboxRequest.ReadIds(iq.Payload, out IReadOnlyList<string> ids) is { } error)
            return error;
        List<LogEntry> found = await reader.FindAsync(iq.Target, ids, missing, passing: false, cancel);
        return await marks.MarkAsync(iq.Presentity!, found, isRead, iq.Session)
            ? Counted(iq.Payload.LocalName, found.Count, missing)
            : StanzaError.PolicyViolation with { Text = $"At most {ReadMarks.MaxSingle} messages can be marked one by one; mark a box up to one of them." };
    }

    /// <summary>How long delivered messages are kept.</summary>
    public async ValueTask<Element> RetentionAsync(IqContext iq, CancellationToken cancel) => new(
        InboxModule.Ns, "retention",
        InboxWriter.Number("days", await terms.DaysOfAsync(iq.Target, cancel)),
        InboxWriter.Number("longest", terms.Longest),
        await terms.OwnDaysOfAsync(iq.Target, cancel) is null ? new XmlAttribute("default", "true") : null);

    /// <summary>Changes it.</summary>
    public async ValueTask<IqReply> SetRetentionAsync(IqContext iq, CancellationToken cancel)
    {
        int days = 0;
        if (iq.Payload["days"] is { } text && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out days))
            return InboxRequest.Bad("days is a number; 0 is for ever, and none is what the server says.");
        if (await changes.KeepAsync(iq.Presentity!, terms, iq.Payload["days"] is null ? null : days) is { } error)
            return error;
        return await RetentionAsync(iq, cancel);
    }

    private static Element Counted(string name, int count, List<string> missing) => new(InboxModule.Ns, name, InboxWriter.Number("count", count), Missing(missing));

    /// <summary>Ids of messages that are not there.</summary>
    public static IEnumerable<Element> Missing(List<string> ids) => ids.Select(static id => new Element(InboxModule.Ns, "missing", new XmlAttribute("id", id)));
}
