using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Streams;

/// <summary>
/// The time limits of one stream, looked at by the clock: how long a stranger may take, how long a flush may make no progress, how
/// long a client may be silent (RFC 6120 §4.6.4), how long a closing stream waits for its peer (§4.4).
/// </summary>
/// <param name="stream">What is watched.</param>
/// <param name="limits">The limits, in seconds; 0 for none.</param>
/// <param name="end">Ends the stream with an error, politely.</param>
/// <param name="abort">Cuts the connection.</param>
internal sealed class StreamWatch(XmppStream stream, LimitOptions limits, Action<StreamError> end, Action abort) : ITicking
{
    /// <summary>Seconds a silent client has to answer a ping.</summary>
    public const int PingSeconds = 30;

    /// <summary>Seconds a stream that was told to end has for it.</summary>
    public const int EndSeconds = 2;

    private const string PingNs = "urn:xmpp:ping";
    private static readonly StanzaContent Ping = StanzaContent.Of(new Element(PingNs, "ping"));
    private volatile ClientSession? session;
    private int deadline = int.MaxValue;
    private int pingedFor = -1;
    private int pingedAt;
    private volatile bool ended;

    /// <summary>True while a polite end is of no use: in the middle of a TLS handshake (RFC 6120 §5.4.3.2).</summary>
    public bool IsMute { get; set; }

    /// <summary>From now on the stream is cut when it is not done at this second of the clock.</summary>
    public int Deadline { set => Volatile.Write(ref deadline, value); }

    /// <summary>A session is bound: a stranger's deadline is over, silence counts from now on.</summary>
    public void Watch(ClientSession session)
    {
        int stranger = Volatile.Read(ref deadline);
        // A stream that is told to end in this very moment keeps the deadline it got for that.
        if (!ended) Interlocked.CompareExchange(ref deadline, int.MaxValue, stranger);
        this.session = session;
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
        if (session is not null && limits.IdleSeconds > 0 && !ended) CheckSilence(session, now);
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

    private void CheckSilence(ClientSession session, int now)
    {
        int lastRead = stream.LastRead;
        if (now - lastRead < limits.IdleSeconds) return;
        if (pingedFor != lastRead)
        {
            pingedFor = lastRead;
            pingedAt = now;
            // Any answer will do, an error too; the router knows no request of this id and drops it (RFC 6120 §8.2.3).
            session.TrySend(new Iq { Type = IqType.Get, From = Jid.Parse(session.Address.Domain), To = session.Address, Id = "ping-" + now, Content = Ping });
        }
        else if (now - pingedAt >= PingSeconds)
        {
            End(StreamError.ConnectionTimeout, now);
        }
    }

}
