using System.Buffers;
using System.Globalization;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Tests.Streams.Management;

/// <summary>A client with stream management that does what a good one does (XEP-0198 1.6), whatever happens to its line.</summary>
/// <param name="host">Where it connects.</param>
/// <param name="user">Its account.</param>
/// <param name="resource">Its resource.</param>
/// <param name="random">Its luck.</param>
/// <param name="changes">Released at whatever it sees.</param>
internal sealed class Device(StreamHost host, string user, string resource, Random random, SemaphoreSlim changes) : IDisposable
{
    private readonly List<string> unacknowledged = [];
    private readonly Lock door = new();
    private PipePair? line;
    private string? id;
    private uint handled;
    private uint acknowledged;
    private readonly List<PipePair> dead = [];
    private readonly SemaphoreSlim sending = new(1, 1);
    private volatile TestClient? talking;
    private CancellationTokenSource gone = new();

    /// <summary>The ids of the messages that came, in order.</summary>
    public List<string> Received { get; } = [];

    /// <summary>How often it got its session back.</summary>
    public int Resumptions { get; private set; }

    /// <summary>True when the server holds nothing more of what it was sent, and it nothing of what it sent.</summary>
    public bool IsQuiet
    {
        get
        {
            lock (door) return unacknowledged.Count == 0 && host.Session($"{user}@localhost/{resource}")?.Outbox.Acknowledgement.Unacknowledged == 0;
        }
    }

    /// <summary>Connects as often as its line is cut.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var next = new PipePair();
            try
            {
                TestClient client = await host.AuthenticateAsync(user, next);
                Volatile.Write(ref line, next);
                await ConverseAsync(client, stop);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException or AssertionException)
            {
                // Cut, wherever it was.
            }
        }
    }

    /// <summary>Asks what was handled, unless it is about to on its next line.</summary>
    public Task AskAsync() => WriteAsync(talking, $"<r {ManagedClient.Sm}/>");

    /// <summary>Sends a message now or when there is a line.</summary>
    public Task SendAsync(string message)
    {
        TestClient? client;
        lock (door)
        {
            unacknowledged.Add(message);
            client = talking;
        }
        return WriteAsync(client, message + (random.Next(3) == 0 ? $"<r {ManagedClient.Sm}/>" : ""));
    }

    private async Task WriteAsync(TestClient? client, string xml)
    {
        if (client is null) return;
        try
        {
            await sending.WaitAsync();
            // Another line took it along already, or will.
            if (client == talking) await client.SendAsync(xml);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            talking = null;
        }
        finally
        {
            sending.Release();
        }
    }

    /// <summary>Cuts the line: its end is seen by the server at once, with or without farewell of the transport; or not at all.</summary>
    public void Cut()
    {
        PipePair? cut = Interlocked.Exchange(ref line, null);
        if (cut is null) return;
        talking = null;
        switch (random.Next(3))
        {
            case 0:
                cut.HangUp();
                break;
            case 1:
                cut.Abort();
                break;
            default:
                // The server believes in it still; this side hears nothing of it any more.
                dead.Add(cut);
                break;
        }
        gone.Cancel();
    }

    private async Task ConverseAsync(TestClient client, CancellationToken stop)
    {
        gone = CancellationTokenSource.CreateLinkedTokenSource(stop);
        CancellationToken over = gone.Token;
        await sending.WaitAsync(stop);
        try
        {
            if (id is not null)
            {
                string answer = await client.ResumeAsync(id, handled).WaitAsync(over);
                if (!answer.StartsWith("<resumed", StringComparison.Ordinal)) throw new InvalidDataException($"{user}/{resource}: {answer}");
                Resumptions++;
                Acknowledge(uint.Parse(ManagedClient.Attribute(answer, "h")!, CultureInfo.InvariantCulture));
            }
            else
            {
                await client.BindAsync(resource).WaitAsync(over);
                string enabled = await client.EnableAsync().WaitAsync(over);
                id = enabled;
                lock (door) unacknowledged.Insert(0, "<presence/>");
            }
            string again;
            lock (door)
            {
                again = string.Concat(unacknowledged);
                talking = client;
            }
            await client.SendAsync(again + $"<r {ManagedClient.Sm}/>").WaitAsync(over);
        }
        finally
        {
            sending.Release();
        }
        await ReadAsync(client, over);
    }

    private async Task ReadAsync(TestClient client, CancellationToken over)
    {
        var decoder = new StreamDecoder(new XmlLimits(0, 0, 0));
        var header = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes($"<stream:stream xmlns='{Namespaces.Client}' xmlns:stream='{Namespaces.Streams}' version='1.0'>"));
        decoder.TryRead(ref header, out _);
        byte[] unread = [];
        while (true)
        {
            string more = await client.ReadMoreAsync(over);
            if (more.Length == 0) return;
            unread = [.. unread, .. Encoding.UTF8.GetBytes(more)];
            var bytes = new ReadOnlySequence<byte>(unread);
            while (decoder.TryRead(ref bytes, out StreamEvent next))
            {
                over.ThrowIfCancellationRequested();
                // An older line of its own may come to resume behind this one, and then this one is told conflict.
                if (next.Kind != StreamEventKind.Element || next.Element!.Name.Namespace == Namespaces.Streams) return;
                await TakeAsync(client, next.Element!);
                changes.Release();
            }
            unread = bytes.ToArray();
        }
    }

    private async Task TakeAsync(TestClient client, RawElement element)
    {
        switch (element.Name.Name)
        {
            case "r":
                await client.SendAsync($"<a {ManagedClient.Sm} h='{handled}'/>");
                break;
            case "a":
                Acknowledge(uint.Parse(element["h"]!, CultureInfo.InvariantCulture));
                break;
            default:
                handled++;
                if (element.Name.Name == "message") Received.Add(element["id"]!);
                break;
        }
    }

    private void Acknowledge(uint h)
    {
        lock (door)
        {
            unacknowledged.RemoveRange(0, (int)(h - acknowledged));
            acknowledged = h;
        }
    }

    public void Dispose()
    {
        sending.Dispose();
        gone.Dispose();
    }
}
