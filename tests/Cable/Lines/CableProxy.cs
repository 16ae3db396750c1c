using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using PresenceXml.Cable.Run;

namespace PresenceXml.Cable.Lines;

/// <summary>
/// The proxy of one device: a port of its own between it and the server. Each connection is a line with a number, and its plan comes from
/// the seed, the device and that number.
/// </summary>
internal sealed class CableProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource calm = new();
    private readonly List<Task> running = [];
    private readonly ConcurrentQueue<LineRecord> records = new();
    private readonly string device;
    private readonly IPEndPoint server;
    private readonly RunClock clock;
    private readonly FaultCounts counts;
    private readonly bool isManaged;
    private readonly Func<int, FaultPlan?> plans;
    private readonly Func<ITamper?> tamperFromServer;
    private readonly Func<ITamper?> tamperFromClient;
    private readonly Task accepting;
    private int lines;

    /// <param name="device">Whose proxy it is.</param>
    /// <param name="server">Where lines lead to.</param>
    /// <param name="clock">The run's.</param>
    /// <param name="counts">The run's.</param>
    /// <param name="isManaged">True for a device with SM.</param>
    /// <param name="plans">The plan of the line with this number; null: a healthy one.</param>
    /// <param name="tamperFromServer">Changes what a new line carries to the client.</param>
    /// <param name="tamperFromClient">Changes what a new line carries to the server.</param>
    public CableProxy(
        string device, IPEndPoint server, RunClock clock, FaultCounts counts, bool isManaged, Func<int, FaultPlan?> plans,
        Func<ITamper?> tamperFromServer, Func<ITamper?> tamperFromClient)
    {
        this.device = device;
        this.server = server;
        this.clock = clock;
        this.counts = counts;
        this.isManaged = isManaged;
        this.plans = plans;
        this.tamperFromServer = tamperFromServer;
        this.tamperFromClient = tamperFromClient;
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    public int Lines => Volatile.Read(ref lines);

    public IEnumerable<LineRecord> Records => records;

    /// <summary>The line that the connection made last has, or will have at once.</summary>
    public LineRecord? Latest { get; private set; }

    /// <summary>No faults from now on; what they did is repaired, or ended where the line is dead.</summary>
    public void Calm() => calm.Cancel();

    public async ValueTask DisposeAsync()
    {
        await calm.CancelAsync();
        listener.Stop();
        await accepting;
        Task[] rest;
        lock (running)
            rest = [.. running];
        await Task.WhenAll(rest);
        calm.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
            int number = Interlocked.Increment(ref lines);
            var record = new LineRecord(device, number, clock.Now);
            records.Enqueue(record);
            Latest = record;
            Task line = ServeAsync(client, record, number);
            lock (running)
            {
                running.RemoveAll(static task => task.IsCompleted);
                running.Add(line);
            }
        }
    }

    private async Task ServeAsync(Socket client, LineRecord record, int number)
    {
        client.NoDelay = true;
        var onward = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await onward.ConnectAsync(server);
        }
        catch (SocketException)
        {
            // The server is down: as if the client had been refused.
            record.Note(clock.Now, "the server is not there", hurts: true);
            record.EndAtServer(clock.Now);
            onward.Dispose();
            client.LingerState = new LingerOption(true, 0);
            client.Close();
            return;
        }
        using var line = new Line(client, onward, record, clock, counts, isManaged, tamperFromServer(), tamperFromClient());
        await line.RunAsync(calm.IsCancellationRequested ? null : plans(number), calm.Token);
    }
}
