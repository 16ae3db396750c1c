using System.IO.Pipelines;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;

namespace PresenceXml.Server.Streams.Components;

/// <summary>
/// A component's connection from its first byte to its last (XEP-0114 1.6, <c>jabber:component:accept</c>). One task runs it and reads; once the
/// component has proven itself another writes what waits for it.
/// </summary>
/// <remarks>
/// Who knows the secret and comes a second time has come back, or its older line is dead without our knowing: so the older one ends with
/// <c>conflict</c> (RFC 6120 §4.9.3.3) and the newer one begins when nothing of it is left. Nothing in this protocol confirms that a stanza
/// arrived; what was not written when the stream ends goes back to its senders as an error.
/// </remarks>
internal sealed class ComponentStream : IListenedStream
{
    // As in SessionWriter: "no progress" is judged by what a slow line can do.
    private const int FlushBytes = 32 * 1024;
    private readonly ComponentServices services;
    private readonly AddressPrefix address;
    private readonly StreamConnection connection;
    private readonly XmppStream stream;
    private readonly StreamWatch watch;
    private readonly string id = HeaderFields.NewId();
    private readonly RemoteOrigin origin = new(DomainProof.Secret);
    private Component? component;
    private ComponentLine? line;
    private Task? writing;
    private StreamError? demanded;
    private bool headerSent;
    private bool isGuesser;

    /// <param name="connection">The bytes.</param>
    /// <param name="address">Where they come from.</param>
    /// <param name="abortConnection">Cuts the connection; may be called from any thread and more than once.</param>
    /// <param name="services">What all streams share.</param>
    public ComponentStream(IDuplexPipe connection, AddressPrefix address, Action abortConnection, ComponentServices services)
    {
        this.services = services;
        this.address = address;
        stream = new XmppStream(connection, services.StrangerLimits, services.Clock) { ForbidsWhitespace = static () => false, ContentNamespace = Namespaces.Component };
        this.connection = new StreamConnection(connection, abortConnection, stream);
        watch = new StreamWatch(stream, services.Limits, services.AckSeconds, Demand, this.connection.Abort);
        if (services.Limits.PreAuthSeconds > 0) watch.Deadline = services.Clock.Now + services.Limits.PreAuthSeconds;
    }

    public void Stop(StreamError error) => watch.End(error, services.Clock.Now);

    public async Task RunAsync(bool direct)
    {
        services.Clock.Add(watch);
        try
        {
            await ConverseAsync();
        }
        catch (Exception e)
        {
            ComponentLog.Failed(services.Log, e, component?.Domain);
        }
        finally
        {
            services.Clock.Remove(watch);
            Detach();
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task ConverseAsync()
    {
        StreamError? error = null;
        bool lost = false, peerClosed = false;
        try
        {
            StreamEnd end = await stream.ReadAsync(HandleAsync, connection.Gone);
            lost = end == StreamEnd.Lost;
            peerClosed = end == StreamEnd.Stopped;
        }
        catch (StreamException e)
        {
            error = e.Error;
            if (!isGuesser) ComponentLog.PeerError(services.Log, component?.Domain, address, e.Message);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            lost = true;
        }
        catch (Exception e)
        {
            ComponentLog.Failed(services.Log, e, component?.Domain);
            error = StreamError.InternalServerError;
        }
        bool broken = error is not null;
        error ??= Volatile.Read(ref demanded);
        // What waits is still written, for as long as a stream that ends may take; but not to one that has come back elsewhere.
        watch.Part(services.Clock.Now);
        if (lost) await connection.LeaveAsync();
        line?.Queue.Close(isUseless: lost || error == StreamError.Conflict);
        if (writing is not null) await writing;
        Detach();
        if (lost) return;
        if (!headerSent) Header(services.OwnName.Domain).WriteTo(stream.Output);
        if (await connection.EndAsync(error)) await connection.PartAsync(broken, peerClosed, null);
    }

    private ValueTask<StreamStep> HandleAsync(StreamEvent next, CancellationToken cancel) => next.Kind switch
    {
        StreamEventKind.Header => OpenAsync(next.Header!, cancel),
        StreamEventKind.Element when next.Element!.Name is { Namespace: Namespaces.Streams, Name: "error" } => new(StreamStep.Close),
        StreamEventKind.Element when line is null => ProveAsync(next.Element!, cancel),
        StreamEventKind.Element => RouteAsync(next.Element!, cancel),
        _ => new(StreamStep.Close),
    };

    /// <summary>XEP-0114 §3: the header's <c>to</c> is the component's own name.</summary>
    private async ValueTask<StreamStep> OpenAsync(StreamHeader header, CancellationToken cancel)
    {
        StreamError? error = header.ContentNamespace != Namespaces.Component ? StreamError.InvalidNamespace
            : header.To is null || !Jid.TryParse(header.To, out Jid? name) || name.HasLocal || name.IsFull || !services.Components.TryFind(name.Domain, out component) ? StreamError.HostUnknown
            : null;
        Header(component?.Domain ?? services.OwnName.Domain).WriteTo(stream.Output);
        headerSent = true;
        if (error is not null) throw new StreamException(error);
        await connection.FlushAsync(cancel);
        return StreamStep.Continue;
    }

    private StreamHeader Header(string from) => new() { ContentNamespace = Namespaces.Component, From = from, Id = id };

    private async ValueTask<StreamStep> ProveAsync(RawElement element, CancellationToken cancel)
    {
        if (element.Name is not { Namespace: Namespaces.Component, Name: "handshake" }) throw new StreamException(StreamError.NotAuthorized);
        int most = services.Limits.AuthFailuresPerMinute;
        if (most > 0 && services.Guesses.Count((address, component!.Domain)) >= most)
        {
            isGuesser = true;
            throw new StreamException(StreamError.PolicyViolation with { Text = "Too many wrong secrets from here; try again in a minute" });
        }
        if (!component!.IsProof(id, element.ToElement().Text))
        {
            services.Guesses.Add((address, component.Domain));
            ComponentLog.Refused(services.Log, component.Domain, address);
            throw new StreamException(StreamError.NotAuthorized);
        }
        var next = new ComponentLine(component.NewQueue(), () => Stop(StreamError.Conflict));
        // It waits for its turn no longer than a line that ends may take.
        stream.Limits = services.ComponentLimits;
        while (component.TryAttach(next) is { } older)
        {
            ComponentLog.Replaced(services.Log, component.Domain, address);
            older.Replace();
            await older.Ended.WaitAsync(cancel);
        }
        line = next;
        watch.Admit();
        ComponentLog.Connected(services.Log, component.Domain, address);
        stream.Write(new Element(Namespaces.Component, "handshake"));
        writing = WriteAsync(next.Queue);
        return StreamStep.Continue;
    }

    private ValueTask<StreamStep> RouteAsync(RawElement element, CancellationToken cancel)
    {
        Stanza stanza = StanzaReader.Read(element, out StanzaError? problem, services.Addresses) ?? throw new StreamException(StreamError.UnsupportedStanzaType);
        // XEP-0114 §3: both, as between servers; the domain is its own, the rest as it likes.
        if (stanza.From is null || (stanza.To is null && problem is null)) throw new StreamException(StreamError.ImproperAddressing);
        if (stanza.From.Domain != component!.Domain) throw new StreamException(StreamError.InvalidFrom);
        if (stanza.To is null)
        {
            // One bad address among those of all its users is no reason to end it.
            if (stanza.ToError(problem!) is { } answer) component.TrySend(answer with { From = services.OwnName });
            return new(StreamStep.Continue);
        }
        ValueTask routing = problem is null ? services.Router.RouteAsync(origin, stanza, cancel) : services.Router.RefuseAsync(origin, stanza, problem);
        return routing.IsCompletedSuccessfully ? new(StreamStep.Continue) : ContinueAsync(routing);
    }

    private static async ValueTask<StreamStep> ContinueAsync(ValueTask routing)
    {
        await routing;
        return StreamStep.Continue;
    }

    /// <summary>Writes what waits, until the queue is closed or the connection gone.</summary>
    private async Task WriteAsync(ComponentQueue queue)
    {
        var batch = new List<Stanza>();
        try
        {
            bool isAlive = await stream.FlushAsync(connection.Gone);
            while (isAlive && await queue.ReadAsync(batch, connection.Gone))
            {
                foreach (Stanza stanza in batch)
                {
                    StanzaWriter.Write(stream.Output, stanza, Namespaces.Component);
                    if (stream.Unflushed >= FlushBytes && !await stream.FlushAsync(connection.Gone))
                    {
                        isAlive = false;
                        break;
                    }
                }
                if (isAlive && (isAlive = await stream.FlushAsync(connection.Gone))) queue.Written();
            }
            if (!isAlive) connection.Abort();
        }
        catch (OperationCanceledException)
        {
            // The reader saw the end first.
        }
        catch (Exception e)
        {
            ComponentLog.Failed(services.Log, e, component?.Domain);
            connection.Abort();
        }
    }

    /// <summary>Leaves the component without a line: what waited goes back, and what its users told of their presence is taken back.</summary>
    private void Detach()
    {
        if (line is not { } last) return;
        line = null;
        IReadOnlyList<Stanza> left = last.Queue.Leave();
        component!.Detach(last);
        DomainPair[] heard = [.. origin.Heard];
        services.Router.End(origin, isLost: false);
        foreach (DomainPair pair in heard) services.Router.Unreachable(pair);
        foreach (Stanza stanza in left)
            if (stanza.ToError(Component.Away) is { } answer) services.Router.Return(answer);
        ComponentLog.Disconnected(services.Log, component.Domain, left.Count);
        last.End();
    }

    private void Demand(StreamError error)
    {
        Interlocked.CompareExchange(ref demanded, error, null);
        stream.Interrupt();
    }
}
