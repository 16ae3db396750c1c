using System.Buffers;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Streams.Management;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// Sends a link's stanzas on a stream, a batch and a flush each, with something behind them whose answer confirms them: a request for acknowledgement
/// (XEP-0198 1.6 §4), or, where the other side has no stream management, a ping (<see cref="Servers.Fences"/>). One of them is outstanding at a time.
/// </summary>
/// <param name="services">What all streams share.</param>
/// <param name="pair">For whom.</param>
/// <param name="line">Where.</param>
/// <param name="ownsLine">True when the stream ends with the link.</param>
internal sealed class LinkCarrier(ServerServices services, DomainPair pair, ServerLine line, bool ownsLine)
{
    // Within a large batch it flushes in between, so that "no progress" is judged by what a slow line can do in the time allowed.
    private const int FlushBytes = 32 * 1024;

    // So many behind the last ping call for one even in the same second.
    private const int PingStanzas = 200;

    /// <summary>A peer that still sends may owe an acknowledgement this many times as long; so may one that answers pings on a stream it has to open first.</summary>
    private const int Patience = 4;

    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(StreamWatch.EndSeconds);
    private readonly Lock gate = new();
    private readonly TaskCompletionSource confirmed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ILinkTraffic? traffic;
    private uint sent;
    private uint acknowledged;
    private bool isAsked;
    private int askedAt = -1;
    private string? fence;
    private int fenced;
    private int unfenced;
    private bool isWorthIt;
    private bool isClosing;

    public DomainPair Pair => pair;

    /// <summary>True when the other side counts what it takes (XEP-0198).</summary>
    public bool IsManaged { get; private set; }

    /// <summary>How many of the stanzas that were not acknowledged have arrived when the other side says it has handled <paramref name="h"/>; null when that cannot be.</summary>
    public int? Handled(uint h)
    {
        lock (gate)
        {
            uint count = unchecked(h - acknowledged);
            return IsManaged && count <= unchecked(sent - acknowledged) ? (int)count : null;
        }
    }

    /// <summary>From now on the other side counts what is written; so much was counted on lines before. To be called while nothing is written.</summary>
    public void Manage(uint count)
    {
        lock (gate)
        {
            IsManaged = true;
            sent = acknowledged = count;
        }
    }

    /// <inheritdoc cref="ILinkStream.CarryAsync"/>
    public async Task<LinkEnd> CarryAsync(ILinkTraffic traffic, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using CancellationTokenRegistration gone = line.Gone.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), either);
        // The other side may close in good order, and then nothing is gone, but over.
        _ = line.Closing.ContinueWith(static (_, source) => Cancel((CancellationTokenSource)source!), either, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        lock (gate) this.traffic = traffic;
        Action<int> tick = Tick;
        line.Ticked += tick;
        try
        {
            var batch = new List<Stanza>();
            while (await traffic.ReadAsync(batch, either.Token))
                if (!await SendAsync(batch)) break;
        }
        catch (OperationCanceledException)
        {
            // Which of both is seen below.
        }
        catch (Exception e)
        {
            ServerLog.Failed(services.Log, e);
            line.Abort("an error of ours");
        }
        try
        {
            if (!line.Closing.IsCompleted && !line.Gone.IsCancellationRequested && !line.Output.IsEnded)
            {
                await FarewellAsync(cancel);
                if (!ownsLine && !line.Closing.IsCompleted) return new LinkEnd(false, "closed by us");
                line.Stop(null);
            }
            LineOutcome outcome = await line.Ended;
            return new LinkEnd(outcome.IsLost, outcome.Reason);
        }
        finally
        {
            line.Ticked -= tick;
            lock (gate)
            {
                this.traffic = null;
                if (fence is not null) services.Fences.Drop(fence);
            }
        }
    }

    /// <summary>The other side has handled so many stanzas.</summary>
    /// <exception cref="StreamException">More than it was sent (XEP-0198 §6).</exception>
    public void Acknowledged(uint h)
    {
        lock (gate)
        {
            uint count = unchecked(h - acknowledged), outstanding = unchecked(sent - acknowledged);
            if (count > outstanding) throw new StreamException(ManagementElements.TooHigh(h, sent));
            acknowledged = h;
            isAsked = false;
            if (count > 0) traffic?.Confirm((int)count);
            if (acknowledged == sent) Settle();
            else Ask(static (line, write) => line.Output.Post(write));
        }
    }

    /// <summary>A ping was answered: what was sent before it has arrived.</summary>
    public void Answered(string id)
    {
        lock (gate)
        {
            if (id != fence) return;
            services.Fences.Drop(id);
            fence = null;
            isAsked = false;
            int count = fenced;
            fenced = 0;
            if (count > 0) traffic?.Confirm(count);
            Forgive();
            if (unfenced == 0) Settle();
            // Of a link that goes on the next batch asks, or the next second.
            else if (isClosing) Ask(static (line, write) => line.Output.Post(write));
        }
    }

    private async ValueTask<bool> SendAsync(List<Stanza> batch)
    {
        await line.Output.EnterAsync();
        try
        {
            if (line.Output.IsEnded) return false;
            foreach (Stanza stanza in batch)
            {
                StanzaWriter.Write(line.Stream.Output, stanza, Namespaces.Server);
                lock (gate) Count1(stanza);
                if (line.Stream.Unflushed >= FlushBytes && !await line.Output.FlushAsync()) return false;
            }
            lock (gate) Ask(static (line, write) => write(line.Stream.Output));
            if (!await line.Output.FlushAsync()) return false;
        }
        finally
        {
            line.Output.Leave();
        }
        lock (gate) Forgive();
        return true;
    }

    /// <summary>Nobody is told that an answer was lost; and a ping behind the answer to a ping would never end. Inside the gate.</summary>
    private void Forgive()
    {
        if (IsManaged || isWorthIt || fence is not null || unfenced == 0) return;
        int count = unfenced;
        unfenced = 0;
        traffic?.Confirm(count);
    }

    private void Count1(Stanza stanza)
    {
        if (IsManaged)
        {
            sent = unchecked(sent + 1);
            return;
        }
        unfenced++;
        isWorthIt |= !(stanza.IsError || stanza is Iq { IsRequest: false });
    }

    /// <summary>Asks, when there is something to ask for and it is not asked yet. Inside the gate.</summary>
    private void Ask(Action<ServerLine, Action<IBufferWriter<byte>>> send)
    {
        int now = services.Clock.Now;
        if (isAsked) return;
        if (IsManaged)
        {
            if (sent == acknowledged) return;
            send(line, static output => ManagementElements.Request.WriteTo(output, Namespaces.Server));
        }
        else
        {
            if (!isWorthIt || (askedAt == now && unfenced < PingStanzas && !isClosing)) return;
            Iq ping = services.Fences.Make(this);
            (fence, fenced, unfenced, isWorthIt) = (ping.Id, unfenced, 0, false);
            send(line, output => StanzaWriter.Write(output, ping, Namespaces.Server));
        }
        isAsked = true;
        askedAt = now;
    }

    private void Tick(int now)
    {
        lock (gate)
        {
            if (!isAsked)
            {
                Ask(static (line, write) => line.Output.Post(write));
                return;
            }
            int owed = now - askedAt;
            if (owed < services.AckSeconds || ((!IsManaged || now - line.Stream.LastRead < services.AckSeconds) && owed < Patience * services.AckSeconds)) return;
        }
        // Without a farewell: a stream that is told to end could not be resumed.
        line.Abort(IsManaged ? "the other side did not acknowledge what it was sent" : "the other side did not answer a ping");
    }

    /// <summary>The link closes: what is not confirmed yet has a little time for it.</summary>
    private async Task FarewellAsync(CancellationToken cancel)
    {
        try
        {
            lock (gate)
            {
                isClosing = true;
                Ask(static (line, write) => line.Output.Post(write));
                if (IsManaged ? sent == acknowledged : fence is null && unfenced == 0) Settle();
            }
            await Task.WhenAny(confirmed.Task, line.Closing).WaitAsync(FarewellTime, services.Time, cancel);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The link is told what is missing.
        }
    }

    private void Settle()
    {
        if (isClosing) confirmed.TrySetResult();
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was over anyway.
        }
    }
}
