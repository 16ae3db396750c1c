using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>A member of the cast on stage: its connection and what it has received and not yet been asked about.</summary>
/// <param name="log">Told what comes, what a step takes of it, and what is sent; null: nobody watches.</param>
/// <param name="sessions">Sessions under stream management by their SM-ID, which an actor can take over from another; null: only its own.</param>
public class Actor(
    CastMember member, Account account, Venue venue, Matcher matcher, StepLog? log = null, Dictionary<string, ManagedSession>? sessions = null) : IAsyncDisposable
{
    private readonly LinkedList<Received> backlog = new();
    private readonly Queue<Received> acknowledgements = new();
    private readonly List<Expectation> ignored = [];
    private readonly Venue venue = venue;
    private XmppConnection? connection;
    private bool hasClosedStream;

    public string Name => member.Name;
    public CastMember Member => member;
    public Account Account => account;
    public string Password => member.Password ?? account.Password;

    /// <summary>The full JID the server gave last, null before binding.</summary>
    public string? Full { get; private set; }

    /// <summary>Whether the resource is bound and its stream still open in both directions.</summary>
    public virtual bool IsOnline { get; private set; }

    /// <summary>The content namespace of its streams (RFC 6120 §4.8.2).</summary>
    public virtual string ContentNamespace => Namespaces.Client;

    /// <summary>The addresses a fence has to come from, so that it is behind everything that was sent; null: the server stamps them.</summary>
    public virtual IReadOnlyList<string?> SenderAddresses => [null];

    public string? StreamId { get; private set; }

    /// <summary>Its side of XEP-0198.</summary>
    public StreamManagement Management { get; } = new(sessions ?? []);

    public XmppConnection Connection => connection ?? throw new PlayFailedException($"{Name} has a connection", "the play has opened none");

    public virtual async Task OpenConnectionAsync(bool direct, CancellationToken cancel)
    {
        var port = direct ? venue.DirectPort ?? venue.Port : venue.Port;
        await UseAsync(await XmppConnection.OpenAsync(venue.Host, port, cancel));
        if (direct)
            await SecureAsync(direct: true, cancel);
    }

    /// <summary>Goes on with this connection in place of the one before, and forgets what came on that.</summary>
    protected async Task UseAsync(XmppConnection next)
    {
        await DisposeAsync();
        (hasClosedStream, StreamId) = (false, null);
        backlog.Clear();
        acknowledgements.Clear();
        Management.Reconnect();
        connection = next;
        log?.Opened(Name);
    }

    public virtual Task StartTlsAsync(CancellationToken cancel) => SecureAsync(direct: false, cancel);

    public virtual Task SendAsync(string text, CancellationToken cancel) => SendAsync(Encoding.UTF8.GetBytes(text), cancel);

    public Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        log?.Sent(Name, bytes.Length);
        Management.NoteSent(bytes.Span);
        return Connection.SendAsync(bytes, cancel);
    }

    /// <summary>Sends the header every play means that does not write its own, and returns the features.</summary>
    /// <param name="from">Who the header says it is from (RFC 6120 §4.7.1), null: it does not.</param>
    public async Task<Element> OpenStreamAsync(CancellationToken cancel, string? from = null)
    {
        await SendAsync(from is null ? Header : Header.Replace(" to=", $" from='{from}' to=", StringComparison.Ordinal), cancel);
        Note(await ReceiveAsync("a stream header") is Received.Header header ? header.Value : throw Unexpected("a stream header"));
        return await ReceiveStanzaAsync("stream features") is { LocalName: "features", Namespace: Namespaces.Streams } features
            ? features
            : throw Unexpected("stream features");
    }

    /// <summary>The header that opens an ordinary stream.</summary>
    protected virtual string Header =>
        $"<?xml version='1.0'?><stream:stream xmlns='{Namespaces.Client}' xmlns:stream='{Namespaces.Streams}' to='{venue.Domain}' version='1.0' xml:lang='en'>";

    /// <summary>Remembers what a header says.</summary>
    /// <exception cref="PlayFailedException">Its stream is of the wrong kind.</exception>
    public virtual void Note(StreamHeader header)
    {
        if (header.ContentNamespace != ContentNamespace)
            throw new PlayFailedException($"a stream header with the content namespace {ContentNamespace}", $"{new Received.Header(header)}");
        StreamId = header.Id;
    }

    /// <summary>Remembers the id of a stream that we answered.</summary>
    protected void NoteAnswered(string streamId) => StreamId = streamId;

    /// <summary>Remembers that stanzas may flow.</summary>
    protected void NoteOnline() => IsOnline = true;

    /// <summary>Remembers the full JID that the server bound.</summary>
    public void NoteBound(string full) => (Full, IsOnline) = (full, true);

    /// <summary>The last thing that came, for a failure that follows it.</summary>
    public Received? Last { get; private set; }

    public PlayFailedException Unexpected(string expected) => new(expected, Last?.ToString() ?? "nothing");

    /// <summary>The next thing that is not ignored.</summary>
    /// <exception cref="PlayFailedException">Nothing came in time.</exception>
    public async Task<Received> ReceiveAsync(string expected, TimeSpan? patience = null)
    {
        while (true)
        {
            if (TakeFromBacklog() is not { } next)
            {
                next = await FromWireAsync(expected, patience ?? venue.Patience);
                if (await IsAcknowledgementAsync(next))
                    continue;
            }

            if (next is Received.ConnectionClose or Received.StreamClose
                || (next is Received.Stanza { Value: var element } && element.Is(Namespaces.Streams, "error")))
                IsOnline = false;
            if (IsIgnored(next))
                continue;
            Last = next;
            log?.Taken(next);
            if (Full is { } full && next is Received.Stanza { Value: var stanza } && Address.Objection(stanza, full) is { } objection)
                throw new PlayFailedException(expected, $"{next}{Environment.NewLine}          {objection}");
            return next;
        }
    }

    /// <summary>The next acknowledgement or request for one, whatever stanzas come before it; those are kept.</summary>
    /// <exception cref="PlayFailedException">None came in time.</exception>
    public async Task<Element> ReceiveAcknowledgementAsync(string expected)
    {
        while (acknowledgements.Count == 0)
        {
            var next = await FromWireAsync(expected, venue.Patience);
            if (await IsAcknowledgementAsync(next))
                continue;
            if (next is Received.Stanza { Value: var element } && ManagedSession.IsAcknowledgement(element))
            {
                acknowledgements.Enqueue(next); // not in force, but it came
                break;
            }

            backlog.AddLast(next);
            Last = next;
            if (next is not Received.Stanza)
                throw Unexpected(expected);
        }

        Last = acknowledgements.Dequeue();
        log?.Taken(Last);
        return ((Received.Stanza)Last).Value;
    }

    private async Task<Received> FromWireAsync(string expected, TimeSpan patience)
    {
        var start = TimeProvider.System.GetTimestamp();
        Received next;
        try
        {
            next = await NextAsync(patience);
        }
        catch (TimeoutException)
        {
            throw new PlayFailedException(expected, $"nothing within {patience.TotalSeconds:0.#} s");
        }

        log?.Arrived(Name, next, TimeProvider.System.GetElapsedTime(start));
        if (next is Received.Stanza { Value: var element } && Management.NoteCame(element, Full) is { } full)
            NoteBound(full);
        return next;
    }

    // XEP-0198 §4: either side may send one at any time, so they are not in the order of what a play expects.
    private async Task<bool> IsAcknowledgementAsync(Received next)
    {
        if (!Management.IsOn || next is not Received.Stanza { Value: var element } || !ManagedSession.IsAcknowledgement(element))
            return false;
        acknowledgements.Enqueue(next);
        if (element.LocalName == "r" && !Management.Withholds && !hasClosedStream)
            await SendAsync(Management.Acknowledgement, CancellationToken.None);
        return true;
    }

    /// <summary>The next thing from the wire.</summary>
    protected virtual Task<Received> NextAsync(TimeSpan patience) => Connection.ReceiveAsync(patience);

    public async Task<Element> ReceiveStanzaAsync(string expected) =>
        await ReceiveAsync(expected) is Received.Stanza stanza ? stanza.Value : throw Unexpected(expected);

    /// <summary>Keeps things that came, in order, for the steps that ask for them.</summary>
    public void PutBack(params IReadOnlyList<Received> received)
    {
        foreach (var each in received.Reverse())
            backlog.AddFirst(each);
    }

    /// <summary>From now on, what matches is as if it had not come.</summary>
    public void Ignore(IEnumerable<Expectation> expectations) => ignored.AddRange(expectations);

    public async Task CloseStreamAsync(CancellationToken cancel)
    {
        if (hasClosedStream)
            return;
        (hasClosedStream, IsOnline) = (true, false);
        await SendAsync("</stream:stream>", cancel);
    }

    /// <summary>Closes the stream and waits for the server to close its own; what came before that is dropped.</summary>
    public async Task DisconnectAsync(CancellationToken cancel)
    {
        await CloseStreamAsync(cancel);
        while (await ReceiveAsync("</stream:stream>") is not Received.StreamClose)
        {
            if (Last is Received.ConnectionClose or Received.IllFormed)
                throw Unexpected("</stream:stream>");
        }

        await DisposeAsync();
    }

    public void DropLine()
    {
        Connection.Drop();
        IsOnline = false;
    }

    /// <summary>Ends the connection in good order, but says nothing of the stream.</summary>
    public async Task HangUpAsync()
    {
        IsOnline = false;
        await Connection.HangUpAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        IsOnline = false;
        if (connection is not null)
            await connection.DisposeAsync();
        connection = null;
        GC.SuppressFinalize(this);
    }

    private async Task SecureAsync(bool direct, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(venue.Patience);
        try
        {
            await Connection.SecureAsync(venue.Domain, venue.Insecure, direct, limit.Token);
            Management.Restart();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new PlayFailedException("the TLS handshake", $"no end of it within {venue.Patience.TotalSeconds:0.#} s");
        }
    }

    private Received? TakeFromBacklog()
    {
        var first = backlog.First?.Value;
        if (first is not null)
            backlog.RemoveFirst();
        return first;
    }

    private bool IsIgnored(Received received) =>
        received is Received.Stanza stanza && ignored.Exists(expectation => matcher.Explain(expectation, stanza.Value, exact: false) is null);
}
