using System.Buffers;
using System.Text;
using System.Threading.Channels;
using NUnit.Framework;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Testing;

/// <summary>
/// A bound client that talks XML text: what it sends goes through the decoder and the stanza reader into the router, what it gets comes
/// out of its outbox through the stanza writer.
/// </summary>
public sealed class TestClient : IAsyncDisposable
{
    // A guard against a test that would wait for ever, never a measure: what is expected has been sent already when it is asked for.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    private readonly Router router;
    private readonly SessionBinder binder;
    private readonly CancellationTokenSource ending = new();
    private readonly Channel<Element> received = Channel.CreateUnbounded<Element>();
    private readonly StreamDecoder decoder = new(new XmlLimits(0, 0, 0));
    private readonly Task pump;
    private TaskCompletionSource reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int fences;
    private bool hasEnded;

    internal TestClient(ClientSession session, Router router, SessionBinder binder, bool reads)
    {
        Session = session;
        this.router = router;
        this.binder = binder;
        if (reads)
            reading.SetResult();
        var header = new ReadOnlySequence<byte>(Xml.ToBytes($"<stream:stream xmlns='{Namespaces.Client}' xmlns:stream='{Namespaces.Streams}' version='1.0'>"));
        decoder.TryRead(ref header, out _);
        pump = PumpAsync();
    }

    public ClientSession Session { get; }

    public Jid Address => Session.Address;

    /// <summary>Set when the server has ended the stream.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Sends stanzas and returns when the server is ready for the next one.</summary>
    public async Task SendAsync(string xml)
    {
        var bytes = new ReadOnlySequence<byte>(Xml.ToBytes(xml));
        while (decoder.TryRead(ref bytes, out StreamEvent next))
        {
            Stanza stanza = StanzaReader.Read(next.Element!, out StanzaError? problem, sender: Address) ?? throw new ArgumentException("no stanza: " + xml);
            if (problem is not null)
                await Session.SendAsync(stanza.ToError(problem)!, ending.Token);
            else
                await router.RouteAsync(Session, stanza, ending.Token);
        }
    }

    /// <summary>The next stanza, which must match.</summary>
    public async Task<Element> ExpectAsync(string xml)
    {
        Element expected = Xml.Parse(xml);
        Element actual = await NextAsync($"waiting for {xml}");
        if (Xml.Mismatch(expected, actual) is { } mismatch)
            Assert.Fail($"{Address} got {actual}\nexpected {xml}\n{mismatch}");
        return actual;
    }

    /// <summary>The next stanza, whatever it is.</summary>
    public Task<Element> ExpectAnyAsync() => NextAsync("waiting for anything");

    /// <summary>The next stanzas, which must match these in any order.</summary>
    public async Task ExpectAllAsync(params string[] xml)
    {
        List<Element> expected = [.. xml.Select(Xml.Parse)];
        while (expected.Count > 0)
        {
            Element actual = await NextAsync($"waiting for {string.Join(" or ", expected)}");
            int index = expected.FindIndex(candidate => Xml.Mismatch(candidate, actual) is null);
            if (index < 0)
                Assert.Fail($"{Address} got {actual}\nexpected one of {string.Join('\n', expected)}");
            expected.RemoveAt(index);
        }
    }

    /// <summary>Nothing has come: decided by a request of its own, whose answer would come behind it.</summary>
    public async Task ExpectNothingAsync()
    {
        string id = $"fence-{++fences}";
        await SendAsync($"<iq type='get' id='{id}'><fence xmlns='urn:x-test:fence'/></iq>");
        Element actual = await NextAsync("waiting for the fence");
        if (actual["id"] != id)
            Assert.Fail($"{Address} got {actual}, expected nothing");
    }

    /// <summary>Everything that has come, in order, decided by a fence.</summary>
    public async Task<IReadOnlyList<Element>> DrainAsync()
    {
        string id = $"fence-{++fences}";
        await SendAsync($"<iq type='get' id='{id}'><fence xmlns='urn:x-test:fence'/></iq>");
        var all = new List<Element>();
        while (await NextAsync("draining") is var next && next["id"] != id)
            all.Add(next);
        return all;
    }

    /// <summary>The ids of messages that had come when the connection ended and nobody had taken.</summary>
    public async Task<IReadOnlyList<string>> ReceivedAsync()
    {
        var ids = new List<string>();
        await foreach (Element stanza in received.Reader.ReadAllAsync())
        {
            if (stanza.LocalName == "message" && stanza["id"] is { } id)
                ids.Add(id);
        }
        return ids;
    }

    /// <summary>Sends an iq and returns its answer, which must be the next stanza.</summary>
    public async Task<Element> AskAsync(string xml)
    {
        await SendAsync(xml);
        Element answer = await NextAsync($"waiting for the answer to {xml}");
        Assert.That(answer["id"], Is.EqualTo(Xml.Parse(xml)["id"]), $"{answer} is not the answer to {xml}");
        return answer;
    }

    /// <summary>Takes from its outbox from now on.</summary>
    public void StartReading() => reading.TrySetResult();

    /// <summary>Stops taking from its outbox once what is on its way has come.</summary>
    public void StopReading() => reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The connection is lost or closed; what unavailable presence was not sent is made by the server.</summary>
    public async Task DisconnectAsync()
    {
        if (hasEnded)
            return;
        hasEnded = true;
        await ending.CancelAsync();
        reading.TrySetResult();
        await pump;
        await binder.EndAsync(Session);
    }

    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        ending.Dispose();
    }

    /// <summary>The next stanza.</summary>
    public async Task<Element> NextAsync(string what)
    {
        using var guard = new CancellationTokenSource(Hang);
        try
        {
            return await received.Reader.ReadAsync(guard.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            throw new AssertionException($"{Address}: {(exception is ChannelClosedException ? "the stream ended" : "nothing came")}, {what}");
        }
    }

    private async Task PumpAsync()
    {
        var batch = new List<OutboxItem>();
        try
        {
            while (true)
            {
                await reading.Task.WaitAsync(ending.Token);
                if (!await Session.Outbox.ReadAsync(batch, ending.Token))
                    break;
                foreach (OutboxItem item in batch)
                {
                    var output = new ArrayBufferWriter<byte>();
                    Session.Outbox.Write(output, item);
                    received.Writer.TryWrite(Xml.Parse(Encoding.UTF8.GetString(output.WrittenSpan)));
                }
                Session.Outbox.Written(batch);
            }
            IsClosed = true;
        }
        catch (OperationCanceledException)
        {
            // The connection is gone; the session ends by DisconnectAsync.
        }
        finally
        {
            received.Writer.TryComplete();
        }
    }
}
