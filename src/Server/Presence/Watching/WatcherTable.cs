using PresenceXml.Protocol;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>
/// The watchers of one account while it is loaded. The head is there from the start, the records are read when somebody asks or something is noted;
/// until then what is noted stands apart. All but the head under the gate of the presentity.
/// </summary>
internal sealed class WatcherTable(WatcherHead head, bool isLoaded)
{
    /// <summary>Of every account that never had a watcher to be noted; shared, and never changed.</summary>
    public static readonly WatcherTable Nothing = new(WatcherHead.Empty, isLoaded: true);

    // Pollers and hidden ones beyond are known when the records are read.
    private const int MaxMarks = 200;

    private readonly Dictionary<Jid, WatcherRecord> records = [];
    private readonly HashSet<Jid> unsaved = [];
    private readonly HashSet<Jid> gone = [];
    private HashSet<Jid> untold = [];
    private volatile WatcherHead head = head;

    /// <summary>May be read without the gate.</summary>
    public WatcherHead Head
    {
        get => head;
        set
        {
            head = value;
            IsHeadUnsaved = true;
        }
    }

    /// <summary>The records were read.</summary>
    public bool IsLoaded { get; private set; } = isLoaded;

    /// <summary>The keeper has it, and with it a lease of the account.</summary>
    public bool IsKept { get; set; }

    /// <summary>When somebody last fetched.</summary>
    public DateTimeOffset LastFetch { get; set; }

    /// <summary>When the owner was last told of changes.</summary>
    public DateTimeOffset LastTold { get; set; }

    /// <summary>The owner's sessions that want to be told.</summary>
    public HashSet<ClientSession> Listeners { get; } = [];

    public IReadOnlyCollection<WatcherRecord> Records => records.Values;

    public bool IsUnsaved => IsHeadUnsaved || unsaved.Count > 0 || gone.Count > 0;

    public bool IsUntold => untold.Count > 0;

    private bool IsHeadUnsaved { get; set; }

    public WatcherRecord? Find(Jid watcher) => records.GetValueOrDefault(watcher);

    public void Set(WatcherRecord record)
    {
        records[record.Watcher] = record;
        unsaved.Add(record.Watcher);
        gone.Remove(record.Watcher);
        untold.Add(record.Watcher);
        Mark(record);
    }

    /// <summary>Something is remembered of it that is neither stored nor told.</summary>
    public void Amend(WatcherRecord record) => records[record.Watcher] = record;

    public void Remove(Jid watcher)
    {
        if (!records.Remove(watcher))
            return;
        unsaved.Remove(watcher);
        untold.Remove(watcher);
        gone.Add(watcher);
        if (Head.Marks.ContainsKey(watcher))
            Head = Head with { Marks = Head.Marks.Remove(watcher) };
    }

    /// <summary>Puts what was stored under what was noted meanwhile.</summary>
    public void Load(IEnumerable<WatcherRecord> stored, Func<WatcherRecord, bool> isExpired)
    {
        if (IsLoaded)
            return;
        IsLoaded = true;
        foreach (WatcherRecord record in stored)
        {
            bool isOver = isExpired(record);
            if (isOver && !records.ContainsKey(record.Watcher))
                gone.Add(record.Watcher);
            else if (isOver)
                continue;
            else if (records.TryGetValue(record.Watcher, out WatcherRecord? later))
                Set(record.Before(later));
            else if (!gone.Contains(record.Watcher))
                records[record.Watcher] = record;
        }
    }

    /// <summary>What is to be stored, as of now; it counts as stored from here on.</summary>
    public IReadOnlyList<Jid> Save(StorageBatch batch, Jid account)
    {
        Jid[] saved = [.. unsaved, .. gone];
        foreach (Jid watcher in unsaved)
            batch.Put(Watchers.Collection, account, Watchers.KeyOf(watcher), WatcherForm.Write(records[watcher]));
        foreach (Jid watcher in gone)
            batch.Delete(Watchers.Collection, account, Watchers.KeyOf(watcher));
        // Without a head nothing is looked for.
        batch.Put(Watchers.Collection, account, Watchers.HeadKey, WatcherForm.Write(Head));
        unsaved.Clear();
        gone.Clear();
        IsHeadUnsaved = false;
        return saved;
    }

    /// <summary>It could not be stored.</summary>
    public void Unsave(IEnumerable<Jid> watchers)
    {
        IsHeadUnsaved = true;
        foreach (Jid watcher in watchers)
            (records.ContainsKey(watcher) ? unsaved : gone).Add(watcher);
    }

    /// <summary>The watchers of which the owner was not told yet.</summary>
    public IReadOnlySet<Jid> TakeUntold()
    {
        HashSet<Jid> taken = untold;
        untold = [];
        return taken;
    }

    private void Mark(WatcherRecord record)
    {
        var mark = new WatcherMark(record.IsPoller, record.Shown);
        bool isPlain = mark is { IsPoller: false, Shown: Visibility.Full };
        bool isMarked = Head.Marks.TryGetValue(record.Watcher, out WatcherMark before);
        if (isPlain ? !isMarked : (isMarked && before == mark) || (!isMarked && Head.Marks.Count >= MaxMarks))
            return;
        Head = Head with { Marks = isPlain ? Head.Marks.Remove(record.Watcher) : Head.Marks.SetItem(record.Watcher, mark) };
    }
}
