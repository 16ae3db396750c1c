using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Streams;

/// <summary>
/// The time limits of one stream, looked at by the clock: how long a stranger may take, how long a flush may make no progress, how
/// long a client may be silent (RFC 6120 §4.6.4), how long a closing stream waits for its peer (§4.4). A dead line is found by evidence: what
/// was asked and not answered (a ping; with stream management a request for acknowledgement), soon when the client was sent something.
/// </summary>
/// <param name="stream">What is watched.</param>
/// <param name="limits">The limits, in seconds; 0 for none.</param>
/// <param name="ackSeconds">How long an acknowledgement, or the answer to a ping, may be owed.</param>
/// <param name="end">Ends the stream with an error, politely.</param>
/// <param name="abort">Cuts the connection.</param>
internal sealed class StreamWatch(XmppStream stream, LimitOptions limits, int ackSeconds, Action<StreamError> end, Action abort) : ITicking
{
    /// <summary>Seconds after which what is not acknowledged yet is asked for again.</summary>
    private const int AskAgainSeconds = 5;

    /// <summary>A client that still sends may owe an acknowledgement this many times as long: a slow line has much to carry before it.</summary>
    private const int Patience = 4;

    /// <summary>Seconds a stream that was told to end has for it.</summary>
    public const int EndSeconds = 2;

    private const string PingNs = "urn:xmpp:ping";
    private static readonly StanzaContent Ping = StanzaContent.Of(new Element(PingNs, "ping"));
    private volatile ClientSession? session;
    private int deadline = int.MaxValue;
    private int pingedFor = -1;
    private int pingedAt;
    private int unheardSince = -1;
    private int requests;
    private int requestedAt;
    private volatile bool ended;

    /// <summary>True while a polite end is of no use: in the middle of a TLS handshake (RFC 6120 §5.4.3.2).</summary>
    public bool IsMute { get; set; }

    /// <summary>From now on the stream is cut when it is not done at this second of the clock.</summary>
    public int Deadline { set => Volatile.Write(ref deadline, value); }

    /// <summary>A session is bound: a stranger's deadline is over, silence counts from now on.</summary>
    public void Watch(ClientSession session)
    {
        Admit();
        this.session = session;
    }

    /// <summary>The peer is known: a stranger's deadline is over.</summary>
    public void Admit()
    {
        int stranger = Volatile.Read(ref deadline);
        // A stream that is told to end in this very moment keeps the deadline it got for that.
        if (!ended) Interlocked.CompareExchange(ref deadline, int.MaxValue, stranger);
    }

    public void Tick(int now)
    {
        if (now >= Volatile.Read(ref deadline))
        {
            if (ended || IsMute) abort();
            else End(StreamError.ConnectionTimeout, now);
            return;
        }
        if (limits.StalledSeconds > 0 && stream.FlushingSince is >= 0 and int since && now - since >= limits.StalledSeconds)
        {
            abort();
            return;
        }
        if (session is not { } bound || ended) return;
        (bool isManaged, bool isRequested, int made, int unacknowledged) = bound.Outbox.Acknowledgement;
        if (isManaged) CheckAcknowledgement(bound, isRequested, made, unacknowledged, now);
        else CheckSilence(bound, now);
    }

    /// <summary>Ends the stream politely, and cuts it if that takes longer than it should.</summary>
    public void End(StreamError error, int now)
    {
        ended = true;
        Deadline = now + EndSeconds;
        if (IsMute) abort();
        else end(error);
    }

    /// <summary>Our side of the stream is closed: from now on only the peer's closing is waited for.</summary>
    public void Part(int now)
    {
        ended = true;
        Deadline = now + EndSeconds;
    }

    /// <summary>RFC 6120 §4.6.4: asks a silent client, soon when it was sent a message since it last said anything.</summary>
    private void CheckSilence(ClientSession session, int now)
    {
        int lastRead = stream.LastRead;
        if (pingedFor == lastRead)
        {
            if (now - pingedAt >= ackSeconds) End(StreamError.ConnectionTimeout, now);
            return;
        }
        if (!session.Outbox.IsUnheard) unheardSince = -1;
        else if (unheardSince < lastRead) unheardSince = now;
        // A client that nobody looks at is not woken for that (XEP-0352).
        bool isDue = IsPast(lastRead, limits.IdleSeconds, now) || (unheardSince >= 0 && !session.Outbox.IsResting && IsPast(unheardSince, limits.UnheardSeconds, now));
        if (!isDue) return;
        pingedFor = lastRead;
        pingedAt = now;
        // Any answer will do, an error too; the router knows no request of this id and drops it (RFC 6120 §8.2.3).
        session.TrySend(new Iq { Type = IqType.Get, From = Jid.Parse(session.Address.Domain), To = session.Address, Id = "ping-" + now, Content = Ping });
    }

    /// <summary>XEP-0198 §4: asks for what is not acknowledged, and a silent client whether it is there; gives up a line that owes an answer for too long.</summary>
    private void CheckAcknowledgement(ClientSession session, bool isRequested, int made, int unacknowledged, int now)
    {
        if (made != requests)
        {
            requests = made;
            requestedAt = now;
        }
        int lastRead = stream.LastRead;
        if (isRequested)
        {
            if (now - requestedAt < ackSeconds || (now - lastRead < ackSeconds && now - requestedAt < Patience * ackSeconds)) return;
            // One that can be resumed is better off without farewell: to be told would end it.
            if (session.Management?.Id is not null) abort();
            else End(StreamError.ConnectionTimeout, now);
        }
        // A client that nobody looks at is not woken for that (XEP-0352).
        else if ((unacknowledged > 0 && now - requestedAt >= AskAgainSeconds && !session.Outbox.IsResting) || IsPast(lastRead, limits.IdleSeconds, now))
        {
            session.Outbox.Request();
        }
    }

    private static bool IsPast(int since, int seconds, int now) => seconds > 0 && now - since >= seconds;
}
