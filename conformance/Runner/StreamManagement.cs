using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// What stream management asks of an actor: it counts both ways and answers requests for acknowledgement. A session is known to all
/// actors of a play, so that one can resume what another began.
/// </summary>
/// <param name="sessions">The sessions of the performance by their SM-ID.</param>
public sealed class StreamManagement(Dictionary<string, ManagedSession> sessions)
{
    private const string Sasl2 = "urn:xmpp:sasl:2";
    private const string Bind2 = "urn:xmpp:bind:0";

    private readonly StreamCutter outgoing = new();
    private byte[] unfinished = [];
    private uint sinceEnable;
    private uint resumedAt;

    /// <summary>The session of the actor, also while its line is down; null before there is one.</summary>
    public ManagedSession? Session { get; private set; }

    /// <summary>Whether it is in force on the connection that is open now.</summary>
    public bool IsOn { get; private set; }

    /// <summary>The play keeps the client from answering requests for acknowledgement.</summary>
    public bool Withholds { get; set; }

    /// <summary>The features that the server told last.</summary>
    public Element? Features { get; private set; }

    /// <summary>Goes on with another connection.</summary>
    public void Reconnect()
    {
        IsOn = false;
        Restart();
    }

    /// <summary>What is sent from here on is a new stream.</summary>
    public void Restart()
    {
        outgoing.Restart();
        unfinished = [];
    }

    /// <summary>Counts what is sent, as far as it is a stream.</summary>
    public void NoteSent(ReadOnlySpan<byte> bytes)
    {
        unfinished = [.. unfinished, .. bytes];
        while (outgoing.TryCut(ref unfinished, out var next, out _))
        {
            if (next.Element?.ToElement() is not { } element)
                continue;
            if (element.Is(ManagedSession.Ns, "enable") && !IsOn)
                sinceEnable = 0;
            if ((element.Child(ManagedSession.Ns, "resume") ?? element) is { } resume && resume.Is(ManagedSession.Ns, "resume"))
                _ = uint.TryParse(resume["h"], NumberStyles.None, CultureInfo.InvariantCulture, out resumedAt);
            if (!IsStanza(element))
                continue;
            sinceEnable++;
            if (IsOn)
                Session!.Sent++;
        }

        if (!outgoing.IsStream)
            unfinished = [];
    }

    /// <summary>Looks at what came, when it comes off the wire.</summary>
    /// <param name="full">What the actor has bound.</param>
    /// <returns>The full JID of a session that began or goes on by this, else null.</returns>
    /// <exception cref="PlayFailedException">It is an acknowledgement that no server may send.</exception>
    public string? NoteCame(Element element, string? full)
    {
        if (element.Is(Namespaces.Streams, "features"))
            Features = element;
        if (element.Is(Namespaces.Sasl, "success")) // RFC 6120 §6.4.6
            Restart();
        if (element.Is(Sasl2, "success"))
            return NoteSuccess(element);
        if (element.Is(ManagedSession.Ns, "enabled"))
            Begin(element, full, sinceEnable);
        else if (element.Is(ManagedSession.Ns, "resumed"))
            return Resume(element);
        else if (IsOn && element.Is(ManagedSession.Ns, "a"))
            Session!.NoteHandled(element);
        else if (IsOn && IsStanza(element))
            Session!.Received++;
        return null;
    }

    /// <summary>The acknowledgement of all that came.</summary>
    public string Acknowledgement => $"<a xmlns='{ManagedSession.Ns}' h='{Session!.Received.ToString(CultureInfo.InvariantCulture)}'/>";

    // XEP-0388 §2.6.1, XEP-0386 §3.2, XEP-0198 §9: the results of what was asked for inline.
    private string? NoteSuccess(Element success)
    {
        if (success.Child(ManagedSession.Ns, "resumed") is { } resumed)
            return Resume(resumed);
        if (success.Child(Bind2, "bound") is not { } bound || success.Child(Sasl2, "authorization-identifier")?.Text.Trim() is not { } full || !full.Contains('/', StringComparison.Ordinal))
            return null;
        if (bound.Child(ManagedSession.Ns, "enabled") is { } enabled)
            Begin(enabled, full, 0);
        return full;
    }

    private void Begin(Element enabled, string? full, uint sent)
    {
        (Session, IsOn) = (new(enabled["id"], full, sent), true);
        if (enabled["id"] is { } id)
            sessions[id] = Session;
    }

    private string? Resume(Element resumed)
    {
        if (resumed["previd"] is not { } id || !sessions.TryGetValue(id, out var session))
            return null; // what the play says of it decides
        (Session, IsOn) = (session, true);
        session.Resume(resumed, resumedAt);
        return session.Full;
    }

    private static bool IsStanza(Element element) =>
        element.Namespace is Namespaces.Client or Namespaces.Server && element.LocalName is "message" or "presence" or "iq";
}
