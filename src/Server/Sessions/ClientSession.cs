using System.Collections.Immutable;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules.Privacy;
using PresenceXml.Storage;

namespace PresenceXml.Server.Sessions;

/// <summary>A bound resource. What changes here changes under the gate of its presentity and may be read without.</summary>
public sealed class ClientSession
{
    private static readonly TaskCompletionSource Ended = NewEnded();
    private Protocol.Stanzas.Presence? lastPresence;
    private ImmutableHashSet<Jid> directed = [];
    private StreamManagement? management;
    private string? client;
    private PrivacyList? privacyList;
    private int ended;
    private TaskCompletionSource? whenEnded;

    internal ClientSession(Jid address, PresentityLease lease, InstantInbox inbox, long outboxBytes)
    {
        Address = address;
        Lease = lease;
        Outbox = new Outbox(lease.Presentity, address, inbox, outboxBytes);
    }

    /// <summary>The full JID.</summary>
    public Jid Address { get; }

    /// <summary>Its account, loaded as long as this session is bound.</summary>
    public Presentity Presentity => Lease.Presentity;
    public Outbox Outbox { get; }

    /// <summary>The last presence sent without <c>to</c>; null before the first and after unavailable.</summary>
    public Protocol.Stanzas.Presence? LastPresence
    {
        get => Volatile.Read(ref lastPresence);
        internal set
        {
            Priority = value?.Priority ?? 0;
            Volatile.Write(ref lastPresence, value);
        }
    }

    public bool IsAvailable => LastPresence is not null;

    /// <summary>Wants others not to see that it is there (XEP-0186); who gets directed presence of it does.</summary>
    public bool IsInvisible { get; internal set; }

    /// <summary>What watchers may see: <see cref="LastPresence"/>, but of an invisible resource nothing. Every path to others asks this.</summary>
    public Protocol.Stanzas.Presence? ShownPresence => IsInvisible ? null : LastPresence;

    /// <summary>When <see cref="LastPresence"/> came; null when there is none.</summary>
    public DateTimeOffset? LastPresenceAt { get; internal set; }

    /// <summary>−128…127 of <see cref="LastPresence"/>; 0 when there is none.</summary>
    public int Priority { get; private set; }

    /// <summary>The installation of the client that it is of (XEP-0388 §2.3); null when it did not say.</summary>
    public string? ClientId { get; internal init; }

    /// <summary>What waits in the inbox up to this place the client reads in the archive (XEP-0386 §3.2); 0 for nothing.</summary>
    internal long ReadsArchiveTo { get; set; }

    /// <summary>Which of the account's clients it is of (<see cref="Storage.ClientRecord.Id"/>); null until that is known.</summary>
    public string? Client
    {
        get => Volatile.Read(ref client);
        internal set => Volatile.Write(ref client, value);
    }

    /// <summary>Has asked for the roster (RFC 6121 §2.1.6).</summary>
    public bool IsInterested { get; internal set; }

    /// <summary>Has asked for copies of what other resources receive and send (XEP-0280).</summary>
    public bool TakesCarbons { get; internal set; }

    /// <summary>Asks for what waits in the inbox by itself (XEP-0013).</summary>
    public bool RetrievesOffline { get; internal set; }

    /// <summary>Its active privacy list (XEP-0016); null: the account's default list applies.</summary>
    internal PrivacyList? PrivacyList
    {
        get => Volatile.Read(ref privacyList);
        set => Volatile.Write(ref privacyList, value);
    }

    /// <summary>Takes messages to the bare JID: available, and not with a negative priority (RFC 6121 §8.5.2).</summary>
    internal bool TakesMessages => IsAvailable && Priority >= 0;

    /// <summary>Who got directed available presence and is to be told when it ends (RFC 6121 §4.6).</summary>
    internal ImmutableHashSet<Jid> Directed
    {
        get => Volatile.Read(ref directed);
        set => Volatile.Write(ref directed, value);
    }

    /// <summary>True while it has no line and waits for another (XEP-0198 §5). For others it is as available as it was.</summary>
    public bool IsDetached { get; internal set; }

    /// <summary>Null until the client has asked for it (XEP-0198).</summary>
    internal StreamManagement? Management
    {
        get => Volatile.Read(ref management);
        set => Volatile.Write(ref management, value);
    }

    internal PresentityLease Lease { get; }

    /// <summary>What this stream sent and is not durable yet.</summary>
    internal CommitBarrier Barrier { get; } = new();

    /// <summary>
    /// Enqueues what another entity sent, never waits. False: refused for lack of room (an iq, whose sender the caller answers
    /// resource-constraint; a message that lies in no log) or because the session ended.
    /// </summary>
    public bool TrySend(Stanza stanza) => Outbox.TrySend(stanza);

    /// <summary>Enqueues the answer to a request of this session's own, waiting for room. Does nothing when the session has ended.</summary>
    public ValueTask SendAsync(Stanza stanza, CancellationToken cancel) => SendAsync(stanza, 0, OutboxForm.Own, cancel);

    /// <summary>As the other; <paramref name="sequence"/> is the entry of the account's log that the answer shows, which is delivered with it.</summary>
    public ValueTask SendAsync(Stanza stanza, long sequence, OutboxForm form, CancellationToken cancel) => Outbox.SendAsync(stanza, sequence, form, cancel);

    /// <summary>Enqueues what the server itself must tell this client, such as a push; never waits. A client that lets too many pile up is disconnected.</summary>
    public bool Push(Stanza stanza) => Outbox.Push(stanza);

    /// <summary>Asks the stream to end; null: a clean close. The first reason counts.</summary>
    public void Close(StreamError? error) => Outbox.Close(error);

    /// <summary>The stanza this session's client has just sent is acknowledged when this is durable, and not before (D4). The reader's.</summary>
    internal void AddCommit(Task commit) => Barrier.Add(commit, Management?.Received ?? 0);

    /// <summary>Ends when this session has: its resource is free again.</summary>
    internal Task WhenEndedAsync()
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref whenEnded, mine, null) ?? mine).Task;
    }

    internal void SetEnded()
    {
        Interlocked.CompareExchange(ref whenEnded, Ended, null)?.TrySetResult();
    }

    private static TaskCompletionSource NewEnded()
    {
        var ended = new TaskCompletionSource();
        ended.SetResult();
        return ended;
    }

    /// <summary>True for the first caller.</summary>
    internal bool TryEnd() => Interlocked.Exchange(ref ended, 1) == 0;

    /// <summary>
    /// A message that lies in the account's log. False: the session ended, or too many wait for it; or, for what has no sequence and for an
    /// <see cref="OutboxForm.Copy"/>, there is no room.
    /// </summary>
    internal bool TrySend(Stanza stanza, long sequence, OutboxForm form = OutboxForm.Own) => Outbox.TrySend(stanza, sequence, form);

    /// <summary>A message that waits in the account's log. Not for an <see cref="OutboxForm.Copy"/>. False: the session ended.</summary>
    internal bool TrySend(UndeliveredEntry entry, OutboxForm form = OutboxForm.Own) => Outbox.TrySend(entry, form);
}
